"""What an exported file tells of itself."""
import onnx

from mmpose_pinet.deploy.metadata import FileMetadata


def metadata_of(file):
    props = {p.key: p.value for p in onnx.load(file).metadata_props}
    return FileMetadata.from_props(props, str(file))
