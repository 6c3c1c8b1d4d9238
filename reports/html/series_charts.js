// SPDX-License-Identifier: Apache-2.0

// Figures over time and over load, and the list of all figures. See charts.js.

/** Throughput of every epoch over its approach's median, by the time it began. */
function orderChart(view, colors) {
  const chosenOf = (cell) => cell.label === view.chosen;
  const datasets = view.cells.map((cell, index) => {
    const {at_seconds: at, throughput, block} = cell.epochs;
    const middle = median(throughput);
    return {
      label: cell.label,
      data: throughput.map((value, i) => ({x: at[i], y: value / middle, value, block: block[i]})),
      yAxisID: 'y',
      ...lineStyle(colors, index, chosenOf(cell)),
      pointRadius: chosenOf(cell) ? 3.5 : 2,
      pointBorderColor: chosenOf(cell) ? colors.accent : colors.quiet + '66',
      pointBackgroundColor: chosenOf(cell) ? colors.accent : colors.quiet + '66',
      showLine: chosenOf(cell),
      borderWidth: 1.5,
    };
  });
  const stolen = view.cells.flatMap(({epochs: {at_seconds: at, steal}}) =>
    steal.map((y, i) => ({x: at[i], y})).filter(({y}) => y !== null));
  const most = [0.05, 0.1, 0.2, 0.5, 1].find((end) => stolen.every(({y}) => y <= end)) ?? 1;
  const all = datasets.flatMap(({data}) => data);
  const ratios = all.map(({y}) => y).filter(isPositive);
  const scales = {};
  if (stolen.length > 0) {
    datasets.push({
      label: 'stolen',
      data: stolen,
      yAxisID: 'stolen',
      showLine: false,
      pointRadius: 0,
      pointHitRadius: 4,
      intervals: stolen.map(({y}) => [0, y]),
      intervalAxis: 'y',
      intervalColor: colors.ink,
      intervalWidth: 2,
    });
    scales.stolen = linearAxis(colors, 'stolen', (value) => showPercent(value), {
      axis: 'y', min: 0, max: most, stack: 'order', stackWeight: 1, offset: false,
      ticks: {color: colors.quiet, padding: 6, maxTicksLimit: 2,
        callback: (value) => showPercent(value)}});
  }
  // Axes are stacked from below, in the order they are named.
  scales.y = logAxis(colors, 'of its median', (value) => showPercent(value), {
    min: Math.min(0.9, ...ratios) / 1.02, max: Math.max(1.1, ...ratios) * 1.02, stack: 'order',
    stackWeight: 5, offset: stolen.length > 0});
  scales.x = linearAxis(colors, 'seconds into the run', (value) => String(value), {
    min: Math.min(...all.map(({x}) => x)), max: Math.max(...all.map(({x}) => x)),
    ticks: {color: colors.quiet, padding: 6, maxRotation: 0, includeBounds: false}});
  return {
    height: 340,
    type: 'scatter',
    data: {datasets},
    options: base(colors, {
      scales,
      interaction: {mode: 'nearest', intersect: false},
      tooltip: {
        callbacks: {
          label({dataset, raw}) {
            if (dataset.label === 'stolen') return `stolen: ${showPercent(raw.y)}`;
            const rate = showRate(raw.value);
            return `${dataset.label}, block ${raw.block + 1}: ${rate}, ${showPercent(raw.y)}`;
          },
        },
      },
    }),
  };
}

/** Of one workload at several loads, fewest items in flight first, a line an approach. */
function curveChart(view, colors, figureOf, show) {
  const {loads} = view;
  const lines = namedLines(view, colors, ({label}) => loads.flatMap((load) => {
    const cell = load.cells.find((each) => each.label === label && isMeasured(each));
    const y = cell === undefined ? null : figureOf(cell);
    return y === null ? [] : [{x: load.in_flight, y}];
  }));
  return {
    height: 320,
    type: 'line',
    data: {datasets: lines.datasets},
    options: base(colors, {
      layout: lines.layout,
      scales: {
        x: logAxis(colors, 'items in flight', (value) => String(value), {
          afterBuildTicks(axis) {
            axis.ticks = loads.map(({in_flight: value}) => ({value}));
          },
        }),
        y: logAxis(colors, '', (value) => showRound(show(value)), {
          ...rangeOf(lines.datasets),
          ...(show === showBytes && {afterBuildTicks: buildByteTicks}),
        }),
      },
      interaction: {mode: 'nearest', intersect: false},
      plugins: {endLabels: lines.endLabels},
      tooltip: {
        callbacks: {
          title: () => '',
          label: ({dataset, raw}) => `${dataset.label}, ${raw.x} in flight: ${show(raw.y)}`,
        },
      },
    }),
  };
}

/** By the figure's data-chart; null where there is nothing to show. */
const chartMakers = {
  'ratio': ratioChart,
  'latency': latencyChart,
  'throughput': throughputChart,
  'memory': memoryChart,
  'order': orderChart,
  'throughput-curve': (view, colors) =>
    curveChart(view, colors, (cell) => median(cell.epochs.throughput), showRate),
  'memory-curve': (view, colors) =>
    curveChart(view, colors, (cell) => cell.memory?.peak_pss_bytes ?? null, showBytes),
};
