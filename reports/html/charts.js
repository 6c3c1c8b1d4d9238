// SPDX-License-Identifier: Apache-2.0

// One function a figure: what the report says of it becomes a Chart.js configuration. `view` is
// {loads, cells, judged, delta, chosen, width}: loads are workloads that differ in the items in
// flight only; cells are the measured ones, best first; judged is judge()'s answer; chosen is the
// label that the reader highlights; width is in pixels.

const rowHeight = 25;  // pixels
const rowAxis = 60;    // below the rows: ticks and a title

function base(colors, more) {
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    ...more,
    plugins: {
      legend: {display: false},
      tooltip: {
        backgroundColor: colors.ink,
        titleColor: colors.page,
        bodyColor: colors.page,
        padding: 8,
        cornerRadius: 4,
        displayColors: false,
        ...more.tooltip,
      },
      ...more.plugins,
    },
  };
}

function nameWidth(names, width) {
  return Math.min(textWidth(names, fontOf(12, 600)) + 1, width * 0.36);
}

/** A line an approach; the chosen one in the accent and on top. */
function lineStyle(colors, index, isChosen) {
  const color = isChosen ? colors.accent : colors.quiet;
  return {
    borderColor: isChosen ? color : color + '8c',
    backgroundColor: color,
    pointStyle: shapeOf(index)[0],
    pointBorderColor: color,
    pointRadius: isChosen ? 4 : 3,
    pointHoverRadius: 6,
    borderWidth: isChosen ? 2.5 : 1,
    borderDash: isChosen ? [] : dashes[index % dashes.length],
    order: isChosen ? 0 : 1,
  };
}

/** A dataset a cell with its name at the right end, as far as there is room for names. */
function namedLines(view, colors, pointsOf) {
  const datasets = view.cells.map((cell, index) => ({
    label: cell.label,
    data: pointsOf(cell),
    ...lineStyle(colors, index, cell.label === view.chosen),
  }));
  const names = datasets.map(({label}) => label);
  const isRoomy = view.width > 440;
  const shown = names.map((name) => (isRoomy || name === view.chosen ? name : null));
  const width = isRoomy ? Math.min(textWidth(names, fontOf(11, 600)) + 14, view.width / 4) : 90;
  const color = (name) => (name === view.chosen ? colors.accent : colors.quiet);
  return {
    datasets,
    layout: {padding: {right: width, top: 6}},
    endLabels: {names: shown, colors: names.map(color), strong: colors.accent, width},
  };
}

/** Ends of a logarithmic y axis with a little room. */
function rangeOf(datasets) {
  const values = datasets.flatMap(({data, intervals = []}) =>
    [...data.map(({y}) => y), ...intervals.flat()]).filter(isPositive);
  if (values.length === 0) return {};
  return {min: Math.min(...values) / 1.15, max: Math.max(...values) * 1.15};
}

/** Beyond this an approach is only pointed at: who is near the leader needs the room. */
const farthestRatio = 4;

function ratioChart(view, colors) {
  const {judged, delta} = view;
  const rows = judged.contestants;
  const names = rows.map((one) => one.label);
  const ratios = rows.map((one) => (one.behind === null ? 1 : one.behind.ratio));
  const color = (one) => (one.left && one.excluded === null ? colors.accent : colors.quiet);
  const texts = rows.map(({behind, label}, row) => {
    if (behind !== null) {
      const [lower, upper] = [behind.lower, behind.upper].map(showRatio);
      return `${showRatio(behind.ratio)} [${lower}, ${upper}]`;
    }
    return row === 0 ? 'leader' : 'too few blocks';
  });
  const shortTexts = rows.map(({behind}) => (behind === null ? '' : showRatio(behind.ratio)));
  const beside = view.width > 440 ? texts : shortTexts;
  const ends = rows.flatMap(({behind}) => (behind === null ? [] : [behind.lower, behind.upper]));
  const low = Math.max(1 / farthestRatio, Math.min(1 / (1 + delta), ...ends) / 1.03);
  const high = Math.min(farthestRatio, Math.max(1 + delta, ...ends) * 1.03);
  const isBeyond = ratios.map((ratio) => ratio > high || ratio < low);
  return {
    height: names.length * rowHeight + rowAxis,
    type: 'scatter',
    data: {
      datasets: [{
        data: ratios.map((x, y) => ({x: Math.min(Math.max(x, low), high), y})),
        intervals: rows.map(({behind}) => behind && [behind.lower, behind.upper]),
        intervalAxis: 'x',
        intervalColor: rows.map(color),
        pointStyle: rows.map((one, i) => (isBeyond[i] ? 'triangle'
          : one.excluded !== null ? 'crossRot' : one.left ? 'circle' : 'rectRot')),
        rotation: ratios.map((ratio) => (ratio > high ? 90 : ratio < low ? -90 : 0)),
        clip: false,
        pointRadius: 5,
        pointHoverRadius: 6,
        pointBorderWidth: 1.5,
        pointBorderColor: rows.map(color),
        pointBackgroundColor: rows.map((one) => (one.left ? colors.accent : colors.page)),
      }],
    },
    options: base(colors, {
      layout: {padding: {right: textWidth(beside, fontOf(11)) + 14}},
      scales: {
        x: logAxis(colors, 'times the leader is ahead', (value) => String(value),
          {min: low, max: high}),
        y: nameAxis(colors, names, view.chosen, nameWidth(names, view.width)),
      },
      plugins: {
        deltaBand: {low: 1 / (1 + delta), high: 1 + delta, color: colors.tint,
          lineColor: colors.accent},
        rowTexts: {texts: beside, color: colors.quiet},
      },
      tooltip: {callbacks: {label: ({dataIndex}) => `${names[dataIndex]}: ${texts[dataIndex]}`}},
    }),
  };
}

/** The largest of n samples is their 1 - 1/n quantile. */
function latencyPoints({latency}) {
  const shares = [[0.5, 'p50_seconds'], [0.9, 'p90_seconds'], [0.99, 'p99_seconds'],
    [0.999, 'p99_9_seconds']];
  const points = shares.filter(([, name]) => latency[name] !== null)
    .map(([share, name]) => ({x: 1 / (1 - share), y: latency[name], name: showPercent(share)}));
  const last = points.length > 0 ? points.at(-1).x : 2;
  if (latency.max_seconds !== null && latency.count > last) {
    points.push({x: latency.count, y: latency.max_seconds, name: 'longest'});
  }
  return points;
}

/** From the middle 80 % of the epochs' own figure, or null. */
function epochSpread(column) {
  const known = column.filter((value) => value !== null);
  const ends = [quantile(known, 0.1), quantile(known, 0.9)];
  return ends.includes(null) ? null : ends;
}

function latencyChart(view, colors) {
  const lines = namedLines(view, colors, latencyPoints);
  for (const [index, cell] of view.cells.entries()) {
    if (cell.label !== view.chosen) continue;
    const dataset = lines.datasets[index];
    const spreads = {'50 %': epochSpread(cell.epochs.p50_seconds),
      '99 %': epochSpread(cell.epochs.p99_seconds)};
    dataset.intervals = dataset.data.map(({name}) => spreads[name] ?? null);
    dataset.intervalAxis = 'y';
    dataset.intervalColor = colors.accent + '55';
    dataset.intervalWidth = 7;
  }
  const shareOf = (value) => {
    if (value === 2) return '50 %';
    const nines = Math.log10(value);
    if (Math.abs(nines - Math.round(nines)) > 1e-6) return '';
    return Number((100 - 100 / value).toPrecision(9)) + ' %';
  };
  return {
    height: Math.max(260, view.cells.length * rowHeight + rowAxis),  // as the ratios beside it
    type: 'line',
    data: {datasets: lines.datasets},
    options: base(colors, {
      layout: lines.layout,
      scales: {
        x: logAxis(colors, 'share of items', shareOf, {
          min: 1.8,
          afterBuildTicks(axis) {
            const decades = Math.log10(axis.max / axis.min);
            const apart = 48 / (axis.chart.width * 0.7) * decades;  // of logarithms
            const kept = [];
            // The median and p99 first: where there is no room for all, they stay.
            for (const value of [2, 100, 1e4, 1e6, 1e8, 10, 1e3, 1e5, 1e7]) {
              const isFree = kept.every((other) => Math.abs(Math.log10(value / other)) >= apart);
              if (value <= axis.max && isFree) kept.push(value);
            }
            axis.ticks = kept.sort((a, b) => a - b).map((value) => ({value}));
          },
        }),
        y: logAxis(colors, '', (value) => showRound(showSeconds(value)), rangeOf(lines.datasets)),
      },
      interaction: {mode: 'nearest', intersect: false},
      plugins: {endLabels: lines.endLabels},
      tooltip: {
        callbacks: {
          title: () => '',
          label: ({dataset, raw}) => `${dataset.label}, ${raw.name}: ${showSeconds(raw.y)}`,
        },
      },
    }),
  };
}

/** Horizontal bars with their figures at the right; `parts` are stacked. */
function barChart(view, colors, {names, parts, texts, show, intervals}) {
  const isChosen = names.map((name) => name === view.chosen);
  const right = textWidth(texts, fontOf(11)) + 12;
  const datasets = parts.map(({label, values, isHatched}) => ({
    label,
    data: values.map((x, y) => ({x, y})),
    backgroundColor: isChosen.map((chosen) => {
      const color = chosen ? colors.accent : colors.quiet + '80';
      return isHatched ? hatching(color) : color;
    }),
    borderColor: isChosen.map((chosen) => (chosen ? colors.accent : colors.quiet + '80')),
    borderWidth: isHatched ? 1 : 0,
    barThickness: 13,
  }));
  Object.assign(datasets.at(-1), {intervals, intervalAxis: 'x', intervalColor: colors.ink,
    intervalWidth: 1});
  return {
    height: names.length * rowHeight + rowAxis - 20,
    type: 'bar',
    data: {datasets},
    options: base(colors, {
      indexAxis: 'y',
      layout: {padding: {right}},
      scales: {
        x: linearAxis(colors, '', (value) => showRound(show(value)), {
          stacked: true,
          beginAtZero: true,
          afterBuildTicks(axis) {
            if (show !== showBytes) return;
            axis.ticks = byteTicks(axis.max, axis.chart.width / 110).map((value) => ({value}));
          },
        }),
        y: {...nameAxis(colors, names, view.chosen, nameWidth(names, view.width)), stacked: true},
      },
      plugins: {rowTexts: {texts, color: colors.quiet}},
      tooltip: {
        callbacks: {
          title: ([{dataIndex}]) => names[dataIndex],
          label: ({dataset, raw}) => `${dataset.label}: ${show(raw.x)}`,
        },
      },
    }),
  };
}

function throughputChart(view, colors) {
  const middle = view.cells.map((cell) => median(cell.epochs.throughput));
  return barChart(view, colors, {
    names: view.cells.map((cell) => cell.label),
    parts: [{label: 'median', values: middle}],
    texts: middle.map(showRate),
    show: showRate,
    intervals: view.cells.map(({epochs: {throughput}}) => {
      const ends = [quantile(throughput, 0.25), quantile(throughput, 0.75)];
      return ends.includes(null) ? null : ends;
    }),
  });
}

function memoryChart(view, colors) {
  const cells = view.cells.filter(({memory}) => memory?.peak_pss_bytes != null);
  if (cells.length === 0) return null;
  const idle = cells.map(({memory}) => Math.min(memory.idle_pss_bytes ?? 0, memory.peak_pss_bytes));
  return barChart(view, colors, {
    names: cells.map((cell) => cell.label),
    parts: [
      {label: 'idle', values: idle, isHatched: true},
      {label: 'more under load',
        values: cells.map(({memory}, i) => memory.peak_pss_bytes - idle[i])},
    ],
    texts: cells.map(({memory}) => showBytes(memory.peak_pss_bytes)),
    show: showBytes,
  });
}
