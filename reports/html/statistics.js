// SPDX-License-Identifier: Apache-2.0

// The same functions as harness/statistics/, so that the page can judge the raw epochs again:
// sign_e_value and anytime_ratio_interval of margin_test.cpp, and race.cpp. What they mean, and
// why, is said there.

const logFactorials = [0];
function logFactorial(n) {
  for (let i = logFactorials.length; i <= n; ++i) {
    logFactorials.push(logFactorials[i - 1] + Math.log(i));
  }
  return logFactorials[n];
}

/**
 * Of the integral of p^(a-1) (1-p)^(b-1) over p from 1/2 to 1 the logarithm, for all whole a from 1
 * to total-1 and b = total-a, at index a. For whole numbers it is B(a, b) times the chance of fewer
 * than a heads in total-1 throws (DLMF 8.17.5).
 */
function logUpperBetas(total) {
  const throws = total - 1;
  const logs = new Float64Array(total);
  let fewer = 0;
  for (let a = 1; a < total; ++a) {
    const logBeta = logFactorial(a - 1) + logFactorial(total - a - 1) - logFactorial(throws);
    fewer += Math.exp(logFactorial(throws) - logFactorial(a - 1) - logFactorial(throws - a + 1) -
      throws * Math.LN2);
    logs[a] = logBeta + Math.log(Math.min(fewer, 1));
  }
  return logs;
}

const priorAbove = 7;
const priorBelow = 2;
const logPrior = logUpperBetas(priorAbove + priorBelow)[priorAbove];
const eValues = [];  // by pairs, then by above

function signEValue(above, pairs) {
  if (eValues[pairs] === undefined) {
    const logs = logUpperBetas(pairs + priorAbove + priorBelow);
    eValues[pairs] = Float64Array.from({length: pairs + 1}, (_, k) =>
      Math.exp(Math.min(pairs * Math.LN2 + logs[k + priorAbove] - logPrior, 690)));
  }
  return eValues[pairs][above];
}

function isPositive(value) {
  return Number.isFinite(value) && value > 0;
}

function median(values) {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const high = sorted[sorted.length >> 1];
  return sorted.length % 2 === 1 ? high : (sorted[(sorted.length >> 1) - 1] + high) / 2;
}

/** By nearest rank, as harness/statistics/quantile.hpp; null where the sample cannot show it. */
function quantile(values, p) {
  const n = values.length;
  if (!(n * p >= 1 - 1e-9) || !(n * (1 - p) >= 1 - 1e-9)) return null;
  return Float64Array.from(values).sort()[Math.ceil(n * p - 1e-9) - 1];
}

/** {ratio, lower, upper, pairs}; null for too few pairs or one that has no ratio. */
function anytimeRatioInterval(numerators, denominators, confidence) {
  const n = numerators.length;
  if (n === 0) return null;
  const enough = 2 / (1 - confidence);
  if (signEValue(n, n) < enough) return null;
  let refuting = n;
  for (let under = n >> 1; refuting - under > 1;) {
    const middle = (under + refuting) >> 1;
    if (signEValue(middle, n) >= enough) refuting = middle; else under = middle;
  }
  const ratios = Float64Array.from(numerators, (value, i) => value / denominators[i]);
  if (![...numerators, ...denominators, ...ratios].every(isPositive)) return null;
  ratios.sort();
  const low = ratios[(n - 1) >> 1];
  const high = ratios[n >> 1];
  return {
    ratio: low === high ? low : Math.sqrt(low) * Math.sqrt(high),
    lower: ratios[n - refuting],
    upper: ratios[refuting - 1],
    pairs: n,
  };
}

/** Largest e-values of a ratio against 1 + margin and its inverse. */
class MarginTest {
  constructor(margin) {
    this.factor = 1 + margin;
    this.pairs = 0;
    this.above = {greater: 0, less: 0, notGreater: 0, notLess: 0};
    this.largest = {greater: 1, less: 1, notGreater: 1, notLess: 1};
  }
  add(numerator, denominator) {
    if (!isPositive(numerator) || !isPositive(denominator)) return false;
    ++this.pairs;
    this.count('greater', numerator > denominator * this.factor);
    this.count('notGreater', numerator < denominator * this.factor);
    this.count('less', numerator * this.factor < denominator);
    this.count('notLess', numerator * this.factor > denominator);
    return true;
  }
  count(side, isAbove) {
    if (!isAbove) return;
    const above = ++this.above[side];
    if (2 * above > this.pairs) {
      this.largest[side] = Math.max(this.largest[side], signEValue(above, this.pairs));
    }
  }
}

/** {ratio, lower, upper, pairs} of as many pairs as there are; see sign_interval.cpp. */
function fixedRatioInterval(numerators, denominators, confidence) {
  const n = numerators.length;
  if (n === 0) return null;
  const ratios = Float64Array.from(numerators, (value, i) => value / denominators[i]).sort();
  if (![...numerators, ...denominators, ...ratios].every(isPositive)) return null;
  // Of n throws of a coin, fewer than `rank` heads or fewer than `rank` tails.
  let misses = 0;
  let rank = 0;
  for (; rank < (n + 1) >> 1; ++rank) {
    misses += 2 * Math.exp(logFactorial(n) - logFactorial(rank) - logFactorial(n - rank) -
      n * Math.LN2);
    if (misses > 1 - confidence) break;
  }
  if (rank === 0) return null;
  const low = ratios[(n - 1) >> 1];
  const high = ratios[n >> 1];
  return {
    ratio: low === high ? low : Math.sqrt(low) * Math.sqrt(high),
    lower: ratios[rank - 1],
    upper: ratios[n - rank],
    pairs: n,
  };
}

/** Two arms of a race, the cost of the first over that of the second. */
class Rivalry {
  constructor(difference) {
    this.ahead = 0;
    this.behind = 0;
    this.at = new MarginTest(difference);
    this.near = new MarginTest(difference / 2);
    this.far = new MarginTest(difference * 3 / 2);
  }
  add(cost, other) {
    if (!this.at.add(cost, other)) return;
    this.near.add(cost, other);
    this.far.add(cost, other);
    if (cost < other) ++this.ahead;
    if (cost > other) ++this.behind;
  }
}

/** race.cpp: arms are dropped once another is ahead of them by more than the difference. */
class Race {
  constructor(arms, difference, confidence) {
    this.confidence = confidence;
    this.rivals = arms;
    this.blocks = 0;
    this.arms = Array.from({length: arms}, () => ({costs: [], out: null, withdrawn: false}));
    this.rivalries = this.arms.map((_, high) =>
      Array.from({length: high}, () => new Rivalry(difference)));
  }
  runs(arm) {
    return this.arms[arm].out === null && !this.arms[arm].withdrawn;
  }
  /** @param {(number|null)[]} costs null for an arm that did not run */
  addBlock(costs) {
    costs.forEach((cost, i) => {
      const ran = this.runs(i) && cost !== null && isPositive(cost);
      this.arms[i].costs.push(ran ? cost : null);
      for (let j = 0; ran && j < i; ++j) {
        const other = this.arms[j].costs.at(-1);
        if (other !== null) this.rivalries[i][j].add(other, cost);
      }
    });
    ++this.blocks;
    this.eliminate();
  }
  eBehind(arm, other) {
    return arm < other ? this.rivalries[other][arm].at.largest.greater
      : this.rivalries[arm][other].at.largest.less;
  }
  eliminate() {
    for (;;) {
      let clearest = 0;
      let last = 0;
      let by = 0;
      for (let i = 0; i < this.arms.length; ++i) {
        for (let j = 0; j < this.arms.length; ++j) {
          if (i === j || !this.runs(i) || !this.runs(j)) continue;
          const evidence = this.eBehind(i, j);
          if (evidence > clearest) [clearest, last, by] = [evidence, i, j];
        }
      }
      if (clearest < this.eliminationThreshold()) return;
      this.arms[last].out = {by, block: this.blocks - 1};
    }
  }
  withdraw(arm) {
    if (this.arms[arm].withdrawn) return;
    this.arms[arm].withdrawn = true;
    if (this.blocks === 0) {
      --this.rivals;
      return;
    }
    for (const other of this.arms) {
      if (other.out !== null && other.out.by === arm) other.out = null;
    }
    this.eliminate();
  }
  eliminationThreshold() {
    return 2 * (Math.max(this.rivals, 2) - 1) / (1 - this.confidence);
  }
  pairThreshold() {
    return this.eliminationThreshold() * Math.max(this.rivals, 2) / 2;
  }
  isAheadInMost(arm, other) {
    if (arm < other) {
      const both = this.rivalries[other][arm];
      return both.ahead > both.behind;
    }
    const both = this.rivalries[arm][other];
    return both.behind > both.ahead;
  }
  isTied(arm, other) {
    const {at, near, far} = this.rivalries[Math.max(arm, other)][Math.min(arm, other)];
    const enough = this.pairThreshold();
    return Math.min(at.largest.notGreater, at.largest.notLess) >= enough ||
      (near.largest.greater >= enough && far.largest.notGreater >= enough) ||
      (near.largest.less >= enough && far.largest.notLess >= enough);
  }
  /** Those left, the leader first. */
  contenders() {
    const left = this.arms.map((_, i) => i).filter((i) => this.runs(i));
    const standings = left.map((arm) => ({
      arm,
      behind: left.length - left.filter((j) => j !== arm && this.isAheadInMost(arm, j)).length,
      cost: median(this.arms[arm].costs.filter((cost) => cost !== null)) ?? Infinity,
    }));
    standings.sort((a, b) => a.behind - b.behind || a.cost - b.cost || a.arm - b.arm);
    return standings.map((standing) => standing.arm);
  }
  isSettled() {
    const left = this.contenders();
    return left.length === 1 || left.every((arm) => arm === left[0] || this.isTied(arm, left[0]));
  }
}
