// SPDX-License-Identifier: Apache-2.0

// The flame graph: callers above, what they call below, as wide as the time that was blocked there.
// A click or Enter zooms, arrows walk, Escape goes back out.

const leastWidth = 0.0008;  // of the whole; what is narrower cannot be seen or hit

class FlameGraph {
  /** @param holder where it goes  @param output where what is looked at is said in words */
  constructor(holder, output, top) {
    Object.assign(this, {holder, output, top, zoomed: top, focused: top, matches: new Set()});
    holder.setAttribute('role', 'tree');
    holder.setAttribute('aria-label', 'Flame graph of blocked time: arrow keys walk through the ' +
      'functions, Enter zooms, Escape goes back out');
    holder.addEventListener('keydown', (event) => this.press(event));
    this.draw();
  }

  /** Where each node that can be seen is: {node, left, width}, as shares of the whole. */
  places() {
    const places = [];
    for (let above = this.zoomed.parent; above !== null; above = above.parent) {
      places.unshift({node: above, left: 0, width: 1});
    }
    const visit = (node, left, width) => {
      if (width < leastWidth) return;
      places.push({node, left, width});
      let at = left;
      for (const child of childrenOf(node)) {
        const share = width * child.time / node.time;
        visit(child, at, share);
        at += share;
      }
    };
    if (this.zoomed.time > 0) visit(this.zoomed, 0, 1);
    return places;
  }

  draw() {
    const places = this.places();
    this.items = new Map(places.map(({node, left, width}) => [node, this.item(node, left, width)]));
    if (!this.items.has(this.focused)) this.focused = this.zoomed;
    const deepest = Math.max(...places.map(({node}) => node.depth), 0);
    this.holder.style.height = `${(deepest + 1) * 1.5}rem`;
    this.holder.replaceChildren(...this.items.values());
    this.focus(this.focused, false);
    this.holder.dataset.zoomed = this.zoomed.name;
  }

  item(node, left, width) {
    const item = element('div', {className: 'frame', textContent: node.name, tabIndex: -1});
    item.setAttribute('role', 'treeitem');
    item.setAttribute('aria-level', String(node.depth + 1));
    item.setAttribute('aria-label', this.words(node));
    if (node.children.size > 0) item.setAttribute('aria-expanded', 'true');
    item.classList.toggle('above', node.depth < this.zoomed.depth);
    item.classList.toggle('found', this.matches.has(node));
    item.classList.toggle('inlined', node.isInlined);
    item.classList.toggle('leaf', node.children.size === 0);
    Object.assign(item.style, {left: `${100 * left}%`, width: `${100 * width}%`,
      top: `${node.depth * 1.5}rem`});
    item.title = this.words(node);
    item.addEventListener('click', () => this.zoom(node));
    item.addEventListener('focus', () => this.tell(node));
    item.addEventListener('mouseenter', () => this.tell(node));
    return item;
  }

  words(node) {
    const share = this.top.time > 0 ? node.time / this.top.time : 0;
    const inlined = node.isInlined ? ' (inlined)' : '';
    const place = node.place ? `, ${node.place}` : '';
    return `${node.name}${inlined}${place}: ${showSeconds(node.time / 1e9)}, ` +
      `${(100 * share).toFixed(1)} % of all blocked time, ${showCount(node.stretches)
        .replace(/\.\d+$/, '')} ${node.stretches === 1 ? 'stretch' : 'stretches'}`;
  }

  tell(node) {
    this.output.textContent = this.words(node);
  }

  zoom(node) {
    this.zoomed = this.focused = node;
    this.draw();
    this.focus(node, true);
  }

  focus(node, isMoved) {
    this.items.get(this.focused)?.setAttribute('tabindex', '-1');
    this.focused = node;
    const item = this.items.get(node);
    item?.setAttribute('tabindex', '0');
    if (isMoved) item?.focus();
  }

  press(event) {
    const {focused} = this;
    const beside = focused.parent === null ? [focused] : childrenOf(focused.parent);
    const at = beside.indexOf(focused);
    const goals = {
      ArrowUp: focused.parent,
      ArrowDown: childrenOf(focused)[0],
      ArrowLeft: beside[at - 1],
      ArrowRight: beside[at + 1],
      Home: this.zoomed,
    };
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      this.zoom(focused);
    } else if (event.key === 'Escape') {
      this.zoom(this.zoomed.parent ?? this.top);
    } else if (event.key in goals) {
      const goal = goals[event.key];
      if (goal && this.items.has(goal)) this.focus(goal, true);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Marks the functions with this text in their name; says how much time they are in. */
  search(text) {
    const {found, time} = searchFlames(this.top, text);
    this.matches = found;
    this.draw();
    if (text === '') return '';
    const share = this.top.time > 0 ? 100 * time / this.top.time : 0;
    return `${found.size} ${found.size === 1 ? 'frame' : 'frames'}, ${share.toFixed(1)} % of all ` +
      'blocked time';
  }
}
