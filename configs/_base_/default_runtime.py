_base_ = 'mmpose::_base_/default_runtime.py'

# registers PINet's components
custom_imports = dict(imports=['mmpose_pinet'], allow_failed_imports=False)

visualizer = dict(type='PersonVisualizer')

default_hooks = dict(
    # draws for the eye where the stock hook draws all that average precision
    # counts, with boxes
    visualization=dict(type='PersonVisualizationHook'),
    finite_loss=dict(type='FiniteLossHook'),
    run_check=dict(type='RunCheckHook'),
    start_weights=dict(type='StartWeightsHook'),
    weights_fit=dict(type='WeightsFitHook'),
    # a training that is killed goes on by --resume, as if it had not been
    checkpoint=dict(type='WholeCheckpointHook'),
    epoch_seed=dict(type='EpochSeedHook'),
    work_dir_lock=dict(type='WorkDirLockHook'))
