'use strict';
// data: joints (K names), links (pairs of joints), runs (names), errors
// (kinds) and images, each with name, src (or null), width, height, crowding,
// truth (persons of K times x, y, visibility) and, for each run, oks (or
// null), missed (numbers of persons) and poses: score, oks, kind, letters (one
// a joint) and points (K times x, y), all in px of the image.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const byId = id => document.getElementById(id);
  const PAGE = 12;
  const MARKS = { // in a square of 8 around the joint
    j: ['jitter', 'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0'],
    i: ['inversion', 'M0 -5L5 4H-5Z'],
    s: ['swap', 'M-4 -4H4V4H-4Z'],
    m: ['miss', 'M-4 -4L4 4M-4 4L4 -4'],
  };
  let chosen = [];
  let shown = PAGE;
  let open = 0;

  function element(name, attributes, ...children) {
    const svg = ['svg', 'g', 'path', 'image', 'title'].includes(name);
    const made = svg ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const number = value => value === null ? '-' : value.toFixed(2);

  function errorsOf(run) { // how many of each kind
    const counts = {};
    const add = (kind, times) => { if (times) counts[kind] = (counts[kind] || 0) + times; };
    for (const pose of run.poses) {
      for (const [letter, [kind]] of Object.entries(MARKS)) add(kind, pose.letters.split(letter).length - 1);
      if (pose.kind === 'duplicate' || pose.kind === 'background') add(pose.kind, 1);
    }
    add('missed person', run.missed.length);
    return counts;
  }

  for (const image of data.images) image.errors = image.runs.map(errorsOf);

  function skeleton(points, isThere, className) {
    const lines = data.links.filter(([a, b]) => isThere(a) && isThere(b)).map(
      ([a, b]) => `M${points[a][0]} ${points[a][1]}L${points[b][0]} ${points[b][1]}`);
    const dots = points.map((point, k) => isThere(k) ? `M${point[0]} ${point[1]}h0` : '');
    return element('path', { class: className, d: lines.join('') + dots.join('') });
  }

  function drawing(image, r) {
    const run = image.runs[r];
    const scale = Math.max(image.width, image.height) / 320;
    const truth = element('g', { class: 'layer-truth' });
    image.truth.forEach((person, i) => truth.append(skeleton(
      person, k => person[k][2] > 0, run.missed.includes(i) ? 'truth is-missed' : 'truth')));
    const poses = element('g', { class: 'layer-prediction' });
    for (const pose of run.poses) {
      poses.append(skeleton(pose.points, () => true, `pose ${pose.kind}`));
      pose.points.forEach(([x, y], k) => {
        const mark = MARKS[pose.letters[k]];
        if (!mark) return;
        poses.append(element('path',
          { class: `mark ${mark[0]}`, d: mark[1], transform: `translate(${x} ${y}) scale(${scale})` },
          element('title', {}, `${mark[0]}: ${data.joints[k]}`)));
      });
    }
    const text = `${image.name}: ${image.truth.length} persons, ${run.poses.length} poses of ${data.runs[r]}`;
    const svg = element('svg', { viewBox: `0 0 ${image.width} ${image.height}`, role: 'img', 'aria-label': text });
    if (image.src) svg.append(element('image', { href: image.src, width: image.width, height: image.height }));
    svg.append(truth, poses);
    return svg;
  }

  function panel(image, r) {
    const errors = Object.entries(image.errors[r]).map(([kind, times]) => `${times} ${kind}`).join(', ');
    const name = data.runs.length > 1 ? `${data.runs[r]}: ` : '';
    return element('figure', {}, drawing(image, r), element('figcaption', {},
      `${name}OKS ${number(image.runs[r].oks)}${errors ? '; ' : ''}${errors}`));
  }

  const panels = image => element('div', { class: 'panels' }, ...data.runs.map((_, r) => panel(image, r)));

  function card(image, i) {
    const button = element('button', { type: 'button', 'aria-label': `Enlarge ${image.name}` }, 'Enlarge');
    button.addEventListener('click', () => enlarge(i));
    return element('li', {}, element('h3', {}, element('span', {}, image.name), button), panels(image),
      element('p', {}, `crowding ${number(image.crowding)}, ${image.truth.length} persons`));
  }

  function choose() { // sort and filter, as the form says
    const [key, run, sign] = byId('sort').value.split(' ');
    const value = image => {
      if (key === 'crowding') return image.crowding;
      const [first, second] = image.runs.map(found => found.oks);
      if (key === 'difference') return first === null || second === null ? null : first - second;
      return image.runs[+run].oks;
    };
    const kinds = [...document.querySelectorAll('[name=kind]:checked')].map(box => box.value);
    chosen = data.images.filter(image => !kinds.length || kinds.some(
      kind => image.errors.some(errors => errors[kind])));
    const order = new Map(chosen.map(image => [image, value(image)]));
    chosen.sort((a, b) => { // where nobody is labelled there is no OKS: last
      const [x, y] = [order.get(a), order.get(b)];
      if (x === null || y === null) return (x === null) - (y === null);
      return sign * (x - y);
    });
    shown = PAGE;
    byId('pictures').replaceChildren();
    show();
  }

  function show() {
    const list = byId('pictures');
    chosen.slice(list.children.length, shown).forEach(
      image => list.append(card(image, list.children.length)));
    byId('more').hidden = shown >= chosen.length;
    byId('status').textContent = `${Math.min(shown, chosen.length)} of ${chosen.length} pictures`;
  }

  function joints(pose) {
    const words = Object.entries(MARKS).map(([letter, [kind]]) => {
      const names = data.joints.filter((_, k) => pose.letters[k] === letter);
      return names.length ? `${kind}: ${names.join(', ')}` : '';
    });
    return words.filter(Boolean).join('; ');
  }

  function table(image, r) {
    const head = element('tr', {}, ...['Pose', 'Score', 'OKS', 'Errors'].map(
      text => element('th', { scope: 'col', class: text === 'Errors' ? 'text' : '' }, text)));
    const rows = image.runs[r].poses.map(pose => element('tr', {}, element('th', { scope: 'row' }, pose.kind),
      element('td', {}, number(pose.score)), element('td', {}, number(pose.oks)),
      element('td', { class: 'text' }, joints(pose))));
    return element('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': `Poses of ${data.runs[r]}` },
      element('h3', {}, data.runs[r]),
      element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows)));
  }

  function enlarge(i) {
    open = i;
    const image = chosen[i];
    byId('large-title').textContent = `${image.name}, ${i + 1} of ${chosen.length}`;
    byId('large-body').replaceChildren(panels(image), element('div', { class: 'panels' },
      ...data.runs.map((_, r) => table(image, r))));
    byId('previous').disabled = i === 0;
    byId('next').disabled = i === chosen.length - 1;
    if (!byId('large').open) byId('large').showModal();
  }

  byId('controls').addEventListener('submit', event => event.preventDefault());
  byId('sort').addEventListener('change', choose);
  for (const box of document.querySelectorAll('[name=kind]')) box.addEventListener('change', choose);
  for (const box of document.querySelectorAll('[name=layer]')) {
    box.addEventListener('change', () => document.body.classList.toggle(`no-${box.value}`, !box.checked));
  }
  byId('more').addEventListener('click', () => {
    const first = byId('pictures').children.length;
    shown += PAGE;
    show();
    byId('pictures').children[first].querySelector('button').focus();
  });
  byId('close').addEventListener('click', () => byId('large').close());
  byId('previous').addEventListener('click', () => enlarge(open - 1));
  byId('next').addEventListener('click', () => enlarge(open + 1));
  byId('large').addEventListener('keydown', event => {
    if (event.key === 'ArrowLeft' && open > 0) enlarge(open - 1);
    if (event.key === 'ArrowRight' && open < chosen.length - 1) enlarge(open + 1);
  });
  document.documentElement.style.setProperty('--card', data.runs.length > 1 ? '34rem' : '20rem');
  choose();
})();
