// Exact contributions of modalities, as comp_viz/analysis/why/shapley.py and contribution.py compute them.

/** Shapley values of `values[k]`, coalition `k` having player `i` where bit `i` of `k` is set. */
export function shapley(values) {
  const players = Math.log2(values.length);
  const factorial = n => (n < 2 ? 1 : n * factorial(n - 1));
  const size = k => k.toString(2).replaceAll("0", "").length;
  const result = new Array(players).fill(0);
  for (let k = 0; k < values.length; k++) {
    const share = (factorial(size(k)) * factorial(players - size(k) - 1)) / factorial(players);
    for (let i = 0; i < players; i++) {
      if (!((k >> i) & 1)) result[i] += share * (values[k | (1 << i)] - values[k]);
    }
  }
  return result;
}

/**
 * Contributions to what is decided for each utterance with everything that is observed: the score, or the probability of the
 * class decided for. `fused` are predictions by coalition, `[2^M][S · C]`; gives, by utterance,
 * `{ column, empty, whole, values: [M] }`, which add up to `whole - empty`.
 */
export function contributions(fused, outputs) {
  const whole = fused[fused.length - 1];
  return Array.from({ length: whole.length / outputs }, (_, s) => {
    const row = Array.from(whole.subarray(s * outputs, (s + 1) * outputs));
    const column = row.indexOf(Math.max(...row));
    const values = fused.map(each => each[s * outputs + column]);
    return { column, empty: values[0], whole: values[values.length - 1], values: shapley(values) };
  });
}
