// SPDX-License-Identifier: Apache-2.0

// The stacks of blocked time, merged from the outermost function on.

function flameNode(name, parent) {
  return {name, parent, depth: parent === null ? 0 : parent.depth + 1, time: 0, stretches: 0,
    place: '', isInlined: false, children: new Map()};
}

function placeOf(frame) {
  if (frame.file) return frame.line ? `${frame.file}:${frame.line}` : frame.file;
  return frame.module ?? '';
}

/** Time counts as in the folded stacks: that of stretches which are not listed too. */
function flameTree(profile) {
  const top = flameNode('all blocked time', null);
  for (const stretch of profile.loops.flatMap(({stretches}) => stretches)) {
    const time = stretch.duration_ns + stretch.suppressed_ns;
    const frames = stretch.stack.filter((frame) => frame !== null).reverse();
    const stack = frames.length > 0 ? frames
      : [{function: '[no stack]'}];
    let node = top;
    const count = () => {
      node.time += time;
      node.stretches += 1 + stretch.suppressed;
    };
    count();
    for (const frame of stack) {
      const key = `${frame.function}\n${frame.inlined ?? false}`;
      if (!node.children.has(key)) {
        const made = flameNode(frame.function, node);
        Object.assign(made, {place: placeOf(frame), isInlined: frame.inlined ?? false});
        node.children.set(key, made);
      }
      node = node.children.get(key);
      count();
    }
  }
  return top;
}

function childrenOf(node) {
  return [...node.children.values()].sort((a, b) => b.time - a.time);
}

/** Nodes whose name has the text in it, and the time of all stacks that one of them is in. */
function searchFlames(top, text) {
  const wanted = text.toLowerCase();
  const found = new Set();
  let time = 0;
  const visit = (node, isInside) => {
    const matches = node.parent !== null && node.name.toLowerCase().includes(wanted);
    if (matches) found.add(node);
    if (matches && !isInside) time += node.time;
    for (const child of node.children.values()) visit(child, isInside || matches);
  };
  if (wanted !== '') visit(top, false);
  return {found, time};
}
