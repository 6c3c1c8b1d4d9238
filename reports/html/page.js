// SPDX-License-Identifier: Apache-2.0

// Begins when the page is there: unpacks the report, judges it again, and draws a chart when it
// comes into view. Text goes into the page by textContent only.

const began = performance.now();
for (const details of document.querySelectorAll('details.numbers')) details.open = false;

const deltas = [0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4,
  0.5];
const confidences = [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];

const page = {report: null, judged: [], chosen: [], charts: new Map(), isPrinting: false};

// Charts

/** Pixels; on paper as many as make the letters legible in half a page, or in a whole one. */
function widthOf(figure) {
  if (!page.isPrinting) return figure.clientWidth;
  return figure.dataset.chart === 'order' ? 920 : 460;
}

function viewOf(figure) {
  const index = Number(figure.dataset.workload);
  const workload = page.report.workloads[index];
  return {
    loads: figure.dataset.loads.split(' ').map((load) => page.report.workloads[Number(load)]),
    cells: measuredCells(workload),
    judged: page.judged[index],
    delta: page.delta,
    chosen: page.chosen[index],
    width: widthOf(figure),
  };
}

function draw(figure) {
  page.charts.get(figure)?.destroy();
  const chart = chartMakers[figure.dataset.chart](viewOf(figure), palette());
  const plot = figure.querySelector('.plot');
  if (chart === null) {
    plot.remove();
    figure.querySelector('details').open = true;
    return;
  }
  plot.style.height = `${chart.height}px`;
  const canvas = plot.querySelector('canvas') ?? plot.appendChild(element('canvas'));
  if (page.isPrinting) {  // the style sheet scales it to the paper
    chart.options.responsive = false;
    Object.assign(canvas, {width: widthOf(figure), height: chart.height});
  }
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', figure.querySelector('h3').textContent +
    ', a chart; the figures are in the table below it');
  page.charts.set(figure, new Chart(canvas, chart));
  root.dataset.charts = String(page.charts.size);
}

function redraw(isWanted = () => true) {
  for (const figure of page.charts.keys()) {
    if (isWanted(figure)) draw(figure);
  }
}

function drawWhenSeen() {
  const observer = new IntersectionObserver((entries) => {
    for (const {isIntersecting, target} of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      if (!page.charts.has(target)) draw(target);
    }
    root.dataset.drawnAfter = (performance.now() - began).toFixed(1);
  }, {rootMargin: '300px'});
  for (const figure of document.querySelectorAll('figure[data-chart]')) observer.observe(figure);
}

function addChips() {
  for (const chips of document.querySelectorAll('.chips')) {
    const index = Number(chips.dataset.workload);
    measuredCells(page.report.workloads[index]).forEach(({label}, i) => {
      const chip = element('button', {type: 'button', textContent: `${shapeOf(i)[1]} ${label}`});
      chip.setAttribute('aria-pressed', String(label === page.chosen[index]));
      chip.addEventListener('click', () => {
        page.chosen[index] = label;
        for (const each of chips.children) each.setAttribute('aria-pressed', String(each === chip));
        redraw((figure) => Number(figure.dataset.workload) === index);
      });
      chips.append(chip);
    });
  }
}

// Verdicts

function fillMatrix() {
  const table = document.querySelector('#matrix table');
  const labels = [...table.tHead.rows[0].cells].map((cell) => cell.dataset.label);
  page.judged.forEach((judged, row) => {
    for (const one of judged.contestants) {
      const {style, mark, ratio, word} = lookOf(judged, one);
      const cell = table.tBodies[0].rows[row].cells[labels.indexOf(one.label)];
      cell.className = style;
      cell.querySelector('.ratio').textContent = ratio;
      const hidden = element('span', {textContent: mark});
      hidden.setAttribute('aria-hidden', 'true');
      cell.querySelector('.word').replaceChildren(hidden, ' ' + word);
    }
  });
}

function describeVerdicts(titles) {
  const {report, judged, delta, confidence} = page;
  const {method} = report;
  const isReports = delta === method.practical_difference && confidence === method.confidence;
  const epochs = report.workloads.flatMap(({cells}) => cells).filter(isMeasured)
    .reduce((sum, cell) => sum + cell.epochs.block.length, 0);
  const differing = judged.filter((one, i) => !agrees(one, report.workloads[i].recommendation));
  const status = document.getElementById('recomputed');
  const list = document.getElementById('recomputed-verdicts');
  if (isReports) {
    root.dataset.verdicts = differing.length === 0 ? 'agree' : 'differ';
    status.textContent = `Judged again in this page from ${showCount(epochs)} epochs: ` +
      (differing.length === 0 ? 'every verdict is the report’s.'
        : `${differing.length} of ${judged.length} verdicts are not the report’s!`);
    list.replaceChildren();
    return;
  }
  const words = judged.map((one) => one.verdict + one.choice.slice().sort().join());
  const others = report.workloads.map(({recommendation: {verdict, choice}}) =>
    verdict + choice.slice().sort().join());
  const changed = words.filter((word, i) => word !== others[i]).length;
  status.textContent = `With δ ${showPercent(delta)} at ${showPercent(confidence)} confidence, ` +
    `${changed} of ${judged.length} verdicts ${changed === 1 ? 'is' : 'are'} not the report’s:`;
  list.replaceChildren(...judged.map((one, i) => {
    const item = element('li');
    const metric = report.workloads[i].recommendation.metric;
    item.append(element('b', {textContent: titles[i]}), ' ',
      sentenceOf(one, metric, delta, confidence));
    return item;
  }));
}

function judgeAll(titles) {
  const {report, delta, confidence} = page;
  page.judged = report.workloads.map((each) => judge(each, report.method, delta, confidence));
  fillMatrix();
  describeVerdicts(titles);
}

/** A slider over a list of values, to which the report's own belongs. */
function addSlider(id, values, own, change) {
  const input = document.getElementById(id);
  const output = document.querySelector(`output[for="${id}"]`);
  const stops = [...new Set([...values, own])].sort((a, b) => a - b);
  const show = () => {
    output.textContent = showPercent(stops[input.value]);
    input.setAttribute('aria-valuetext', output.textContent);
  };
  Object.assign(input, {min: 0, max: stops.length - 1, step: 1});
  input.value = input.defaultValue = stops.indexOf(own);
  show();
  input.addEventListener('input', () => {
    show();
    change(stops[input.value]);
  });
  input.form.addEventListener('reset', () => setTimeout(() => {
    show();
    change(own);
  }));
}

function addControls() {
  const {method} = page.report;
  const titles = [...document.querySelectorAll('#matrix tbody th')].map((th) => th.textContent);
  page.delta = method.practical_difference;
  page.confidence = method.confidence;
  const change = (name) => (value) => {
    page[name] = value;
    judgeAll(titles);
    redraw((figure) => figure.dataset.chart === 'ratio');
  };
  addSlider('delta', deltas, page.delta, change('delta'));
  addSlider('confidence', confidences, page.confidence, change('confidence'));
  judgeAll(titles);
}

// The rest of the page

function addSaving() {
  const name = page.report.suite || 'regatta-report';
  document.getElementById('save-json').addEventListener('click', () =>
    save(`${name}.json`, 'application/json', reportAsJson(page.report)));
  document.getElementById('save-csv').addEventListener('click', () =>
    save(`${name}.csv`, 'text/csv', reportAsCsv(page.report)));
}

/** On paper everything is drawn, in the light colours. */
function addPrinting() {
  let theme;
  addEventListener('beforeprint', () => {
    theme = root.dataset.theme;
    root.dataset.theme = 'light';
    page.isPrinting = true;
    for (const details of document.querySelectorAll('details.why')) details.open = true;
    for (const figure of document.querySelectorAll('figure[data-chart]')) draw(figure);
  });
  addEventListener('afterprint', () => {
    if (theme === undefined) delete root.dataset.theme; else root.dataset.theme = theme;
    page.isPrinting = false;
    redraw();
  });
}

async function begin() {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.devicePixelRatio = Math.max(2, devicePixelRatio);
  Chart.register(intervalMarks, deltaBand, rowTexts, endLabels);
  page.report = await loadReport();
  page.chosen = page.report.workloads.map(({recommendation: {choice, standings}}) =>
    choice[0] ?? standings[0]?.label);
  if (document.getElementById('controls') !== null) addControls();
  addTheme(() => redraw());
  addChips();
  addSaving();
  addPrinting();
  drawWhenSeen();
}

begin().catch((error) => {
  // As it is without scripts: the tables have all the figures.
  for (const details of document.querySelectorAll('details.numbers')) details.open = true;
  root.classList.remove('scripted');
  document.querySelector('.masthead').append(element('p', {
    className: 'notice',
    textContent: `No charts: this browser cannot show them (${error.message}). ` +
      'The tables are complete.',
  }));
});
