// SPDX-License-Identifier: Apache-2.0
'use strict';

// Figures as reports/figures.cpp shows them: three significant digits and a unit.

function threeDigits(value) {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  return value.toFixed(2);
}

function showSeconds(seconds) {
  if (seconds === null) return '–';
  const size = Math.abs(seconds);
  if (size >= 0.9995) return threeDigits(seconds) + ' s';
  if (size >= 0.9995e-3) return threeDigits(seconds * 1e3) + ' ms';
  if (size >= 0.9995e-6) return threeDigits(seconds * 1e6) + ' µs';
  return threeDigits(seconds * 1e9) + ' ns';
}

function showCount(count) {
  if (Math.abs(count) < 999.5) return threeDigits(count);
  return count.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');
}

function showRate(perSecond) {
  return showCount(perSecond) + '/s';
}

function showBytes(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  for (; Math.abs(bytes) >= 1023.5 && unit + 1 < units.length; ++unit) bytes /= 1024;
  return (unit === 0 ? bytes.toFixed(0) : threeDigits(bytes)) + ' ' + units[unit];
}

function showRatio(ratio) {
  return ratio < 1e6 ? threeDigits(ratio) : '∞';
}

function showPercent(fraction) {
  return String(Number((100 * fraction).toPrecision(4))) + ' %';
}

/** A value in the unit of a recommendation's metric. */
function showValue(metric, value) {
  if (metric === 'throughput') return showRate(value);
  return metric === 'memory' ? showBytes(value) : showSeconds(value);
}

/** For the ticks of an axis: "5 ms", not "5.00 ms", and "0" whatever the unit. */
function showRound(text) {
  if (/^0(\.0+)?\D/.test(text) && !/[1-9]/.test(text)) return '0';
  return text.replace(/\.0+(?=\D|$)/, '').replace(/(\.\d*[1-9])0+(?=\D|$)/, '$1');
}
