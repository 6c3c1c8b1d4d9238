// SPDX-License-Identifier: Apache-2.0

// The report as it was put into the page: JSON, compressed, in base64 (reports/html_data.cpp).

/**
 * The report, with the epochs of a cell as one array a field.
 * @returns {Promise<object>} rejected where the browser cannot unpack it
 */
async function loadReport() {
  const {epochs, ...report} = await unpack('report');
  report.workloads.forEach((workload, i) => workload.cells.forEach((cell, j) => {
    const columns = Object.entries(epochs).map(([name, values]) => [name, values[i]?.[j] ?? []]);
    cell.epochs = Object.fromEntries(columns);
  }));
  return report;
}

function isMeasured(cell) {
  return cell.outcome === 'ok' && (cell.epochs.block ?? []).length > 0;
}

/** Measured cells, best first, as in the tables. */
function measuredCells(workload) {
  const cells = workload.cells.filter(isMeasured);
  const places = workload.recommendation.standings.map((place) => place.label);
  const rank = (cell) => (places.indexOf(cell.label) + places.length + 1) % (places.length + 1);
  return cells.sort((a, b) => rank(a) - rank(b));
}

/** One object an epoch, as in the report file. */
function epochsOf(cell) {
  const names = Object.keys(cell.epochs);
  const count = names.length > 0 ? cell.epochs[names[0]].length : 0;
  return Array.from({length: count}, (_, i) =>
    Object.fromEntries(names.map((name) => [name, cell.epochs[name][i]])));
}

/** The report file's text. */
function reportAsJson(report) {
  const workloads = report.workloads.map((workload) => ({
    ...workload,
    cells: workload.cells.map((cell) => ({...cell, epochs: epochsOf(cell)})),
  }));
  return JSON.stringify({...report, workloads}, null, 1) + '\n';
}

/** All epochs, a line each (RFC 4180). */
function reportAsCsv(report) {
  // A spreadsheet takes text that begins like this for a formula.
  const text = (value) => (/^[=+\-@\t\r]/.test(value) ? "'" + value : value);
  const field = (value) => {
    if (value === null || value === undefined) return '';
    if (typeof value === 'number') return String(value);
    return '"' + text(String(value)).replaceAll('"', '""') + '"';
  };
  const rows = [];
  let names = [];
  for (const workload of report.workloads) {
    for (const cell of workload.cells) {
      for (const epoch of epochsOf(cell)) {
        if (names.length === 0) names = Object.keys(epoch);
        const figures = names.map((name) => field(epoch[name]));
        rows.push([field(workload.workload), field(workload.in_flight), field(workload.rate),
          field(cell.label), ...figures].join(','));
      }
    }
  }
  return [['workload', 'in_flight', 'rate', 'label', ...names].join(','), ...rows].join('\r\n') +
    '\r\n';
}
