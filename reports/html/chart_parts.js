// SPDX-License-Identifier: Apache-2.0

// What all charts share: colours of the page, axes, and the marks that Chart.js does not have
// (intervals, the δ band, labels beside the data instead of a legend).

/** Approaches differ by shape too; the sign stands for the shape in text. */
const shapes = [['circle', '●'], ['triangle', '▲'], ['rect', '■'], ['rectRot', '◆'],
  ['cross', '+'], ['crossRot', '×'], ['star', '✳'], ['rectRounded', '▢'], ['dash', '–'],
  ['line', '—']];
const dashes = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

function shapeOf(index) {
  return shapes[index % shapes.length];
}

function palette() {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue('--' + name).trim();
  return {ink: color('ink'), quiet: color('quiet'), line: color('line'), faint: color('faint'),
    accent: color('accent'), page: color('page'), tint: color('tint')};
}

function fontOf(size, weight = 'normal') {
  return `${weight} ${size}px ${Chart.defaults.font.family}`;
}

function textWidth(texts, font) {
  const context = document.createElement('canvas').getContext('2d');
  context.font = font;
  return Math.max(0, ...texts.map((text) => context.measureText(text).width));
}

/** `text` as far as it fits, with an ellipsis. */
function fitted(text, width, font) {
  if (textWidth([text], font) <= width) return text;
  let short = text;
  while (short.length > 1 && textWidth([short + '…'], font) > width) short = short.slice(0, -1);
  return short + '…';
}

/** Diagonal lines: what is idle. */
function hatching(color) {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 12;
  const context = tile.getContext('2d');
  context.strokeStyle = color;
  context.lineWidth = 2;
  for (const shift of [-12, 0, 12]) {
    context.moveTo(shift, 12);
    context.lineTo(shift + 12, 0);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat');
}

/** Round numbers between the ends of a logarithmic axis, no more than `most`. */
function logTicks(min, max, most) {
  const steps = [[1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.5, 3, 4, 5, 6, 7, 8, 9],
    [1, 1.2, 1.5, 2, 3, 4, 5, 7], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]];
  for (const step of steps) {
    const ticks = [];
    for (let decade = Math.floor(Math.log10(min)); decade <= Math.log10(max); ++decade) {
      for (const factor of step) {
        const value = Number((factor * 10 ** decade).toPrecision(6));
        if (value >= min * (1 - 1e-9) && value <= max * (1 + 1e-9)) ticks.push(value);
      }
    }
    if (ticks.length <= most) return ticks;
  }
  const decades = [];
  const each = Math.ceil((Math.log10(max) - Math.log10(min)) / most);
  for (let power = Math.ceil(Math.log10(min)); power <= Math.log10(max); power += each) {
    decades.push(10 ** power);
  }
  return decades;
}

/** From 0 in at most so many steps of a power of two, or half as much again: 512 KiB, 1.5 MiB. */
function byteTicks(max, most) {
  let step = 2 ** Math.ceil(Math.log2(max / most));
  if (max / (step * 0.75) <= most) step *= 0.75;
  return Array.from({length: Math.floor(max / step) + 1}, (_, i) => i * step);
}

/** Of a logarithmic axis of bytes: powers of two and what lies half-way. */
function buildByteTicks(axis) {
  axis.ticks = [];
  for (let power = 2 ** Math.floor(Math.log2(axis.min)); power <= axis.max; power *= 2) {
    for (const value of [power, power * 1.5]) {
      if (value >= axis.min && value <= axis.max) axis.ticks.push({value});
    }
  }
}

/** Options of a logarithmic axis; `show` makes a tick's text. */
function logAxis(colors, title, show, more = {}) {
  return {
    type: 'logarithmic',
    title: {display: title !== '', text: title, color: colors.quiet},
    grid: {color: colors.faint, borderColor: colors.line, drawTicks: false},
    ticks: {color: colors.quiet, padding: 6, callback: show, autoSkip: false, maxRotation: 0},
    afterBuildTicks(axis) {
      const across = axis.isHorizontal() ? axis.chart.width / 70 : 7;
      axis.ticks = logTicks(axis.min, axis.max, Math.max(3, across)).map((value) => ({value}));
    },
    ...more,
  };
}

function linearAxis(colors, title, show, more = {}) {
  return {
    type: 'linear',
    title: {display: title !== '', text: title, color: colors.quiet},
    grid: {color: colors.faint, borderColor: colors.line, drawTicks: false},
    ticks: {color: colors.quiet, padding: 6, callback: show, maxTicksLimit: 6, maxRotation: 0},
    ...more,
  };
}

/** One row an approach: names down the left side, the chosen one in full ink. */
function nameAxis(colors, names, chosen, width) {
  const font = {size: 12, family: Chart.defaults.font.family};
  const isChosen = (context) => names[context.tick?.value] === chosen;
  return {
    type: 'linear',
    offset: false,
    reverse: true,
    min: -0.5,
    max: names.length - 0.5,
    grid: {display: false, borderColor: colors.line},
    afterBuildTicks(axis) {
      axis.ticks = names.map((_, value) => ({value}));
    },
    ticks: {
      autoSkip: false,
      padding: 6,
      color: (context) => (isChosen(context) ? colors.ink : colors.quiet),
      font: (context) => ({...font, weight: isChosen(context) ? '600' : 'normal'}),
      callback: (value) => fitted(names[value], width, fontOf(12, 600)),
    },
  };
}

/** Draws dataset.intervals, [low, high] a point, along dataset.intervalAxis. */
const intervalMarks = {
  id: 'intervalMarks',
  beforeDatasetDraw(chart, {index, meta}) {
    const dataset = chart.data.datasets[index];
    if (!dataset.intervals) return;
    const {ctx} = chart;
    const colors = [].concat(dataset.intervalColor);  // one for all, or one a point
    const isAcross = dataset.intervalAxis === 'x';
    const scale = isAcross ? meta.xScale : meta.yScale;
    ctx.save();
    ctx.beginPath();
    ctx.rect(chart.chartArea.left, 0, chart.chartArea.width, chart.height);
    ctx.clip();
    meta.data.forEach((point, i) => {
      if (!dataset.intervals[i] || point.skip) return;
      const [low, high] = dataset.intervals[i].map((value) => scale.getPixelForValue(value));
      const cap = dataset.intervalCap ?? 3;
      ctx.beginPath();
      ctx.strokeStyle = colors[i % colors.length];
      ctx.lineWidth = dataset.intervalWidth ?? 1.5;
      if (isAcross) {
        ctx.moveTo(low, point.y - cap);
        ctx.lineTo(low, point.y + cap);
        ctx.moveTo(low, point.y);
        ctx.lineTo(high, point.y);
        ctx.moveTo(high, point.y - cap);
        ctx.lineTo(high, point.y + cap);
      } else {
        ctx.moveTo(point.x, low);
        ctx.lineTo(point.x, high);
      }
      ctx.stroke();
    });
    ctx.restore();
  },
};

/** A band from options.low to options.high over the x axis, and a line at 1. */
const deltaBand = {
  id: 'deltaBand',
  beforeDatasetsDraw(chart, _, {low, high, color, lineColor}) {
    if (!low) return;
    const {ctx, chartArea: area, scales: {x}} = chart;
    const left = Math.max(area.left, x.getPixelForValue(low));
    const right = Math.min(area.right, x.getPixelForValue(high));
    ctx.save();
    ctx.fillStyle = color;
    ctx.fillRect(left, area.top, right - left, area.height);
    ctx.strokeStyle = lineColor;
    ctx.beginPath();
    ctx.moveTo(x.getPixelForValue(1), area.top);
    ctx.lineTo(x.getPixelForValue(1), area.bottom);
    ctx.stroke();
    ctx.restore();
  },
};

/** A text at the right edge for each row of a nameAxis: options.texts. */
const rowTexts = {
  id: 'rowTexts',
  afterDatasetsDraw(chart, _, {texts, color}) {
    if (!texts) return;
    const {ctx, scales: {y}} = chart;
    ctx.save();
    ctx.font = fontOf(11);
    ctx.fillStyle = color;
    ctx.textAlign = 'right';
    ctx.textBaseline = 'middle';
    texts.forEach((text, row) => ctx.fillText(text, chart.width - 2, y.getPixelForValue(row)));
    ctx.restore();
  },
};

/** The names of lines at their right ends, moved apart: options.names, one a dataset, or null. */
const endLabels = {
  id: 'endLabels',
  afterDatasetsDraw(chart, _, {names, colors, width}) {
    if (!names) return;
    const {ctx, chartArea: area} = chart;
    const gap = 13;
    const labels = [];
    names.forEach((name, index) => {
      const points = chart.getDatasetMeta(index).data.filter((point) => !point.skip);
      if (name === null || points.length === 0) return;
      const end = points.at(-1);
      labels.push({name, color: colors[index], from: end, y: end.y});
    });
    labels.sort((a, b) => a.y - b.y);
    labels.forEach((label, i) => {
      if (i > 0) label.y = Math.max(label.y, labels[i - 1].y + gap);
    });
    let limit = area.bottom;
    for (const label of labels.slice().reverse()) {
      label.y = Math.min(label.y, limit);
      limit = label.y - gap;
    }
    ctx.save();
    ctx.textBaseline = 'middle';
    for (const {name, color, from, y} of labels) {
      const isStrong = color === chart.options.plugins.endLabels.strong;
      ctx.strokeStyle = color;
      ctx.lineWidth = 0.5;
      ctx.beginPath();
      ctx.moveTo(from.x + 5, from.y);
      ctx.lineTo(area.right + 6, y);
      ctx.stroke();
      ctx.font = fontOf(11, isStrong ? 600 : 'normal');
      ctx.fillStyle = color;
      ctx.fillText(fitted(name, width - 10, ctx.font), area.right + 9, y);
    }
    ctx.restore();
  },
};
