// SPDX-License-Identifier: Apache-2.0

// What each loop did when: how much of the time it worked, its iterations, and where it was
// blocked. All lanes show the same part of the profile.

const laneHeight = 84;
const leastPixels = 2;  // of a stall, however far out it is zoomed; it is paler then

function shape(name, attributes = {}, text = '') {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== '') made.textContent = text;
  return made;
}

/** Round times between two, at most `most` of them. */
function ticksBetween(from, to, most) {
  const steps = [1, 2, 5];
  let size = 10 ** Math.floor(Math.log10((to - from) / most));
  let step = size;
  for (let i = 0; (to - from) / step > most; ++i) {
    if (i > 0 && i % 3 === 0) size *= 10;
    step = size * steps[i % 3];
  }
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
  return ticks;
}

class Lane {
  /** @param values [{begin, length, share, rate}] of the profile's time in nanoseconds */
  constructor(figure, values, stalls, words) {
    Object.assign(this, {figure, values, stalls, words});
    this.plot = figure.querySelector('.plot');
    this.most = Math.max(...values.map(({rate}) => rate ?? 0), 0);
  }

  /** An outline over the intervals that are in view; `height` of one is a share of the lane. */
  outline(at, view, height) {
    let path = '';
    for (const value of this.values) {
      if (value.begin + value.length < view.from || value.begin > view.to) continue;
      const y = (laneHeight * (1 - height(value))).toFixed(1);
      const from = at(value.begin).toFixed(1);
      const to = at(value.begin + value.length).toFixed(1);
      path += `${path === '' ? 'M' : 'L'}${from} ${y}L${to} ${y}`;
    }
    return path;
  }

  draw(view, selected) {
    const width = Math.max(this.plot.clientWidth, 50);
    const at = (time) => (time - view.from) / (view.to - view.from) * width;
    const svg = shape('svg', {width, height: laneHeight + 20, role: 'img',
      'aria-label': this.words.label});
    const area = this.outline(at, view, ({share}) => Math.min(share ?? 0, 1));
    if (area !== '') {
      const first = area.slice(1).split(' ')[0];
      const last = area.slice(area.lastIndexOf('L') + 1).split(' ')[0];
      svg.append(shape('path', {class: 'working',
        d: `${area}L${last} ${laneHeight}L${first} ${laneHeight}Z`}));
    }
    if (this.most > 0) {
      svg.append(shape('path', {class: 'rate',
        d: this.outline(at, view, ({rate}) => (rate ?? 0) / this.most * 0.94)}));
    }
    for (const stall of this.stalls) {
      const from = at(stall.begin_ns);
      const to = at(stall.begin_ns + stall.duration_ns);
      if (to < 0 || from > width) continue;
      const mark = shape('rect', {x: Math.max(from, -5), y: 0, height: laneHeight,
        width: Math.min(Math.max(to - Math.max(from, -5), leastPixels), width + 10),
        class: `stall${to - from < leastPixels ? ' narrow' : ''}` +
          (stall === selected ? ' selected' : '')});
      mark.append(shape('title', {}, stallWords(stall)));
      svg.append(mark);
    }
    svg.append(shape('line', {class: 'ground', x1: 0, x2: width, y1: laneHeight, y2: laneHeight}));
    for (const tick of ticksBetween(view.from, view.to, Math.max(2, Math.floor(width / 110)))) {
      const x = at(tick);
      svg.append(shape('line', {class: 'ground', x1: x, x2: x, y1: laneHeight,
        y2: laneHeight + 4}));
      svg.append(shape('text', {x: Math.min(Math.max(x, 14), width - 24), y: laneHeight + 17,
        'text-anchor': 'middle'}, showTick(tick, view)));
    }
    this.plot.replaceChildren(svg);
  }
}

/** As many digits as tell the ticks of this view apart. */
function showTick(time, view) {
  const digits = Math.max(0, Math.ceil(-Math.log10((view.to - view.from) / 1e9)) + 1);
  return `${(time / 1e9).toFixed(Math.min(digits, 9))} s`;
}

function stallWords(stall) {
  const where = stall.blocker === null ? '' : `, in ${stall.blocker.function}`;
  return `${showSeconds(stall.duration_ns / 1e9)} at ${showSeconds(stall.begin_ns / 1e9)}: ` +
    `${stall.cause}${stall.detail === null ? '' : ` (${stall.detail})`}${where}`;
}

class Timeline {
  constructor(section, lanes, whole) {
    Object.assign(this, {section, lanes, whole, view: {...whole}, selected: null});
    this.stalls = lanes.flatMap(({stalls}) => stalls).sort((a, b) => a.begin_ns - b.begin_ns);
    this.output = section.querySelector('output');
    const actions = {
      'zoom-in': () => this.zoom(0.5),
      'zoom-out': () => this.zoom(2),
      'earlier': () => this.move(-0.5),
      'later': () => this.move(0.5),
      'whole': () => this.show(whole.from, whole.to),
      'stall-before': () => this.step(-1),
      'stall-after': () => this.step(1),
    };
    for (const [name, action] of Object.entries(actions)) {
      const button = section.querySelector(`[data-action="${name}"]`);
      button.addEventListener('click', action);
      if (name.startsWith('stall')) button.disabled = this.stalls.length === 0;
    }
    for (const lane of lanes) this.listen(lane);
    addEventListener('resize', () => this.draw());
    this.draw();
  }

  show(from, to) {
    const {whole} = this;
    const least = 1e5;  // 100 µs
    const length = Math.min(Math.max(to - from, least), whole.to - whole.from);
    const begin = Math.min(Math.max(from, whole.from), whole.to - length);
    this.view = {from: begin, to: begin + length};
    this.draw();
  }

  zoom(factor) {
    const {from, to} = this.view;
    const half = (to - from) / 2 * factor;
    const middle = this.selected === null ? (from + to) / 2
      : this.selected.begin_ns + this.selected.duration_ns / 2;
    this.show(middle - half, middle + half);
  }

  move(share) {
    const {from, to} = this.view;
    this.show(from + (to - from) * share, to + (to - from) * share);
  }

  step(direction) {
    if (this.stalls.length === 0) return;
    const next = this.selected === null ? (direction > 0 ? 0 : this.stalls.length - 1)
      : this.stalls.indexOf(this.selected) + direction;
    this.select(this.stalls[(next + this.stalls.length) % this.stalls.length]);
  }

  select(stall) {
    this.selected = stall;
    const link = element('a', {textContent: 'its row', href: `#stretch-${stall.index}`});
    this.output.replaceChildren(`${stall.loop}: ${stallWords(stall)} `);
    if (document.getElementById(`stretch-${stall.index}`) !== null) this.output.append(link);
    const {from, to} = this.view;
    const isOutside = stall.begin_ns < from || stall.begin_ns + stall.duration_ns > to;
    if (isOutside) this.show(stall.begin_ns - (to - from) / 2, stall.begin_ns + (to - from) / 2);
    else this.draw();
  }

  /** A drag over a lane zooms to what was dragged over; a click takes the stall that is there. */
  listen(lane) {
    let began = null;
    const timeAt = (event) => {
      const box = lane.plot.getBoundingClientRect();
      return this.view.from + (event.clientX - box.left) / box.width * (this.view.to - this.view.from);
    };
    lane.plot.addEventListener('pointerdown', (event) => {
      began = {x: event.clientX, time: timeAt(event)};
    });
    lane.plot.addEventListener('pointerup', (event) => {
      if (began === null) return;
      const time = timeAt(event);
      if (Math.abs(event.clientX - began.x) > 8) {
        this.show(Math.min(time, began.time), Math.max(time, began.time));
      } else {
        const reach = 6 / lane.plot.clientWidth * (this.view.to - this.view.from);
        const hit = lane.stalls.find(({begin_ns: begin, duration_ns: length}) =>
          time >= begin - reach && time <= begin + length + reach);
        if (hit) this.select(hit);
      }
      began = null;
    });
  }

  draw() {
    for (const lane of this.lanes) lane.draw(this.view, this.selected);
    const {from, to} = this.view;
    this.section.dataset.view = `${Math.round(from)} ${Math.round(to)}`;
  }
}

/** The columns of a stored timeline as one object an interval. */
function intervalsOf({begin_ns: begin, length_ns: length, iterations, waiting_ns: waiting,
  working_ns: working}) {
  return begin.map((time, i) => {
    const sum = waiting[i] + working[i];
    const count = iterations[i];
    return {
      begin: time,
      length: length[i],
      share: sum > 0 ? working[i] / sum : 0,
      rate: count === null ? null : count / length[i] * 1e9,
    };
  });
}

/** The latency of requests that were due in an interval, as a share of the longest. */
function latenciesOf({begin_ns: begin, length_ns: length, longest_ns: longest}) {
  const most = Math.max(...longest, 1);
  return begin.map((time, i) => ({begin: time, length: length[i], share: longest[i] / most,
    rate: null}));
}

function makeTimeline(profile) {
  const section = document.getElementById('timeline');
  if (section === null || section.querySelector('output') === null) return null;
  let index = 0;  // as the rows of the table are numbered
  const stalls = profile.loops.map(({stretches}) =>
    stretches.map((stretch) => ({...stretch, index: index++})));
  const lanes = [...section.querySelectorAll('figure')].map((figure) => {
    const label = figure.querySelector('h3').textContent;
    if (figure.dataset.lane === 'load') {
      return new Lane(figure, latenciesOf(profile.driven.timeline), [], {label});
    }
    const at = Number(figure.dataset.loop);
    return new Lane(figure, intervalsOf(profile.loops[at].timeline), stalls[at], {label});
  });
  const begins = stalls.flat().map(({begin_ns: begin}) => begin);
  return new Timeline(section, lanes, {from: Math.min(0, ...begins), to: profile.duration_ns});
}
