// SPDX-License-Identifier: Apache-2.0

// What reports/comparison.cpp and reports/recommendation.cpp conclude from the epochs, for any δ
// and confidence. (Constraints stay as they were: who is excluded is read from the report.)

const noProgress = 1e18;

/** Smaller is better; see harness/race_metric.cpp. */
function costsOf(cell, metric) {
  const known = (value) => (value === null ? noProgress : Math.max(value, 1e-9));
  const columns = {'p99 latency': 'p99_seconds', 'median latency': 'p50_seconds',
    'CPU per item': 'cpu_per_item_seconds', 'memory': 'pss_bytes'};
  if (metric !== 'throughput') return cell.epochs[columns[metric]].map(known);
  return cell.epochs.throughput.map((value) => 1 / Math.max(value, 1 / noProgress));
}

/** An approach that could never have been recommended, whatever its latencies. */
function neverCounts(cell, required) {
  const peak = cell.memory === null ? null : cell.memory.peak_pss_bytes;
  return (required.isolate && !cell.properties.isolates) ||
    (required.sync_libraries && !cell.properties.takes_blocking_code) ||
    (required.max_memory_bytes !== null && !(peak !== null && peak <= required.max_memory_bytes));
}

function contestantsOf(workload, method) {
  const {metric, standings} = workload.recommendation;
  const isRate = metric === 'throughput';
  const contestants = workload.cells.filter(isMeasured).map((cell) => {
    const costs = costsOf(cell, metric);
    const place = standings.find((each) => each.label === cell.label);
    return {
      cell,
      label: cell.label,
      costs: new Map(costs.map((cost, i) => [cell.epochs.block[i], cost])),
      value: median(isRate ? costs.map((cost) => 1 / cost) : costs),
      behind: null,
      left: false,
      excluded: place === undefined ? null : place.excluded,
      never: neverCounts(cell, method.constraints),
    };
  });
  return contestants.sort((a, b) => (isRate ? b.value - a.value : a.value - b.value));
}

function holdAgainst(leader, other, confidence, interval) {
  const blocks = [...leader.costs.keys()].filter((block) => other.costs.has(block));
  other.behind = interval(blocks.map((block) => other.costs.get(block)),
    blocks.map((block) => leader.costs.get(block)), confidence);
}

function forEachOf(approaches, confidence) {
  return 1 - (1 - confidence) / Math.max(1, approaches - 1);
}

function judgeRace(all, delta, confidence) {
  const race = new Race(all.length, delta, confidence);
  all.forEach((one, i) => {
    if (one.never) race.withdraw(i);
  });
  const blocks = Math.max(...all.map((one) => Math.max(...one.costs.keys()) + 1));
  for (let block = 0; block < blocks; ++block) {
    race.addBlock(all.map((one) =>
      (one.excluded === null && one.costs.has(block) ? one.costs.get(block) : null)));
    if (block > 0) continue;
    all.forEach((one, i) => {
      if (one.excluded !== null) race.withdraw(i);
    });
  }
  const left = race.contenders();
  if (left.length === 0) return {sorted: all, settled: false};
  const each = forEachOf(all.filter((one) => !one.never).length, confidence);
  const leader = all[left[0]];
  for (const one of all) {
    if (one !== leader) holdAgainst(leader, one, each, anytimeRatioInterval);
  }
  for (const i of left) all[i].left = true;
  const ratio = (one) => (one.behind === null ? Infinity : one.behind.ratio);
  const beaten = all.filter((one) => !one.left).sort((a, b) => {
    const [first, second] = [ratio(a), ratio(b)];
    return first === second ? 0 : first - second;
  });
  return {sorted: [...left.map((i) => all[i]), ...beaten], settled: race.isSettled()};
}

function judgeFixed(all, delta, confidence) {
  const rivals = all.filter((one) => one.excluded === null);
  const leader = rivals[0];
  if (leader === undefined) return {sorted: all, settled: false};
  let settled = true;
  leader.left = true;
  for (const one of all) {
    if (one === leader) continue;
    holdAgainst(leader, one, forEachOf(rivals.length, confidence), fixedRatioInterval);
    if (one.excluded !== null) continue;
    one.left = one.behind === null || one.behind.lower <= 1 + delta;
    if (one.left && (one.behind === null || one.behind.upper > 1 + delta)) settled = false;
  }
  return {sorted: [...all.filter((one) => one.left), ...all.filter((one) => !one.left)], settled};
}

/** The one of a tie to begin with, among the candidates: least CPU per item, then memory, then the simplest. */
function preferredOrder(tied, candidates, metric) {
  let left = candidates;
  let tieBreak = null;
  const keepNearBest = (figure, slack, name) => {
    if (left.length < 2) return;
    const best = Math.min(...left.map(figure));
    const near = left.filter((one) => figure(one) <= best * 1.1 + slack);
    if (near.length < left.length) tieBreak = name;
    left = near;
  };
  const cpu = ({cell}) => (cell.per_item === null ? 1e9
    : cell.per_item.user_seconds + cell.per_item.system_seconds);
  const memory = ({cell}) => cell.memory?.peak_pss_bytes ?? 1e18;
  const complexity = ({cell}) => cell.properties.complexity;
  if (metric !== 'CPU per item') keepNearBest(cpu, 0, 'CPU time per item');
  if (metric !== 'memory') keepNearBest(memory, 1 << 20, 'memory');
  if (left.length > 1) {
    left = [...left].sort((a, b) => complexity(a) - complexity(b));
    if (complexity(left[0]) < complexity(left[1])) tieBreak = 'simplicity';
  }
  return {order: [left[0], ...tied.filter((one) => one !== left[0])], tieBreak};
}

/** @returns {{verdict, choice, tieBreak, settled, contestants, runnerUp}} as in the report */
function judge(workload, method, delta, confidence) {
  const {metric} = workload.recommendation;
  const all = contestantsOf(workload, method);
  const result = {verdict: 'nothing to recommend', choice: [], tieBreak: null, settled: false,
    contestants: all, runnerUp: null};
  if (all.length === 0) return result;
  const {sorted, settled} = (method.race ? judgeRace : judgeFixed)(all, delta, confidence);
  result.contestants = [...sorted.filter((one) => one.excluded === null),
    ...sorted.filter((one) => one.excluded !== null)];
  const left = result.contestants.filter((one) => one.left);
  if (left.length === 0) return result;
  result.settled = settled;
  result.runnerUp = result.contestants.find((one) => !one.left && one.excluded === null) ?? null;
  if (left.length === 1) {
    result.verdict = 'winner';
    result.choice = [left[0].label];
    return result;
  }
  const isTooFew = left.some((one, i) => i > 0 && one.behind === null);
  // What may still be far behind is not preferred for being simple.
  const candidates = left.filter((one) =>
    settled || one.behind === null || one.behind.ratio <= 1 + delta);
  const {order, tieBreak} = preferredOrder(left, candidates, metric);
  result.verdict = isTooFew ? 'too few blocks' : 'tie';
  result.choice = order.map((one) => one.label);
  result.tieBreak = tieBreak;
  return result;
}

/** Whether the page concludes what the report says, ratio by ratio. */
function agrees(judged, advice) {
  const near = (a, b) => Math.abs(a - b) <= 1e-4 * Math.abs(b);
  const same = (mine, theirs) => (mine === null) === (theirs === null) &&
    (mine === null || ['ratio', 'lower', 'upper'].every((key) => near(mine[key], theirs[key])));
  return judged.verdict === advice.verdict && judged.settled === advice.settled &&
    judged.choice.join('\n') === advice.choice.join('\n') &&
    judged.contestants.length === advice.standings.length &&
    advice.standings.every((place) => {
      const one = judged.contestants.find((each) => each.label === place.label);
      return one !== undefined && one.left === place.in_tie_set &&
        same(one.behind, place.leader_over_this);
    });
}

/** How a cell of the matrix looks; the same as look_of() in reports/html_matrix.cpp. */
function lookOf(judged, one) {
  const ratio = one.behind === null ? '' : showRatio(one.behind.ratio);
  if (one.excluded !== null) return {style: 'excluded', mark: '⊘', ratio, word: 'excluded'};
  if (one.left && judged.verdict === 'winner') {
    return {style: 'winner', mark: '●', ratio: '1', word: 'winner'};
  }
  if (one.left && !judged.settled) {
    return {style: 'undecided', mark: '?', ratio: ratio || '1', word: 'undecided'};
  }
  if (one.left) return {style: 'tied', mark: '◆', ratio: ratio || '1', word: 'tie'};
  const far = one.behind !== null && one.behind.ratio > 2;
  return {style: far ? 'behind far' : 'behind', mark: '○', ratio, word: 'behind'};
}

/** The verdict in a sentence: headline() of reports/workload_words.cpp. */
function sentenceOf(judged, metric, delta, confidence) {
  const {verdict, choice, contestants, runnerUp, settled, tieBreak} = judged;
  const percent = (fraction) => `${Number((100 * fraction).toPrecision(6))} %`;
  const apart = `by more than ${percent(delta)} at ${percent(confidence)} confidence`;
  const names = choice.join(', ');
  switch (verdict) {
    case 'winner': {
      if (runnerUp === null || runnerUp.behind === null) {
        const why = contestants.length === 1 ? 'was measured' : 'keeps the constraints';
        return `Use ${names}: the only approach that ${why}.`;
      }
      const {ratio, lower, upper} = runnerUp.behind;
      const interval = `(${showRatio(lower)} to ${showRatio(upper)})`;
      const lead = metric === 'throughput'
        ? `${showRatio(ratio)} times ${runnerUp.label} ${interval}`
        : `the ${metric} of ${runnerUp.label} is ${showRatio(ratio)} times as much ${interval}`;
      return `Use ${names}: ${lead}, ahead of all others ${apart}.`;
    }
    case 'tie': {
      const reason = tieBreak === null ? '' : `, for ${tieBreak}`;
      return settled ? `A tie: ${names} cannot be told apart ${apart}. Use ${choice[0]}${reason}.`
        : `Not settled: ${names} cannot be told apart ${apart} yet. Until then use ` +
          `${choice[0]}${reason}.`;
    }
    case 'too few blocks':
      return `No recommendation yet: too few blocks to tell ${names} apart at ` +
        `${percent(confidence)} confidence.`;
    default:
      if (contestants.length === 0) {
        return 'No recommendation: no approach was measured with right answers.';
      }
      return contestants.length === 1
        ? 'No recommendation: the only approach that gave right answers does not keep the ' +
          'constraints.'
        : 'No recommendation: no approach that gave right answers keeps the constraints.';
  }
}
