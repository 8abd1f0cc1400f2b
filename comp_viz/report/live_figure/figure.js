// The facts of the figure, and what follows from them: where utterances stand, what is decided, how it is put in words.

const LEFT = 104; // pixels for names before what is drawn along the conversation

class Figure {
  constructor(facts) {
    Object.assign(this, facts);
    this.range = Array.from({ length: this.utterances }, (_, s) => s);
    this.places = this.range.flatMap(s => this.modalities.map((_, m) => [s, m]));
    this.at = (s, m) => s * this.modalities.length + m;
    this.recorded = bits(facts.recorded, this.places.length);
    this.observed = bits(facts.observed, this.places.length);
  }

  /** Where utterance `s` is, in pixels of a chart of that width. */
  across(width) {
    return s => LEFT + ((s + 0.5) * (width - LEFT - 8)) / this.utterances;
  }

  /** The class decided for, or 1 above and 0 below neutral. */
  decided(values, s) {
    const C = this.task.classes.length;
    if (!C) return values[s] > this.task.neutral ? 1 : 0;
    const row = Array.from(values.slice(s * C, (s + 1) * C));
    return row.indexOf(Math.max(...row));
  }

  /** One number an utterance: the score, or the probability of the class decided for. */
  shownValues(values) {
    const C = this.task.classes.length;
    return this.range.map(s => (C ? values[s * C + this.decided(values, s)] : values[s]));
  }

  /** Whether nothing of an utterance was recorded: it then has no prediction. */
  silent(s) {
    return this.modalities.every((_, m) => !this.recorded[this.at(s, m)]);
  }

  words(values, s) {
    if (this.silent(s)) return "nothing recorded";
    const decided = this.decided(values, s);
    const C = this.task.classes.length;
    if (C) return `${this.task.classes[decided]} ${percent(values[s * C + decided])}`;
    return `${decimal(values[s])} ${decided ? "positive" : "negative"}`;
  }

  /** Share of the labelled utterances that are right; null without any. A label that is exactly neutral is not judged. */
  accuracy(values) {
    const truth = this.labels.map(label => (label === null || this.task.classes.length ? label : label === this.task.neutral ? null : label > this.task.neutral ? 1 : 0));
    const judged = this.range.filter(s => truth[s] !== null && !this.silent(s));
    return judged.length ? judged.filter(s => this.decided(values, s) === truth[s]).length / judged.length : null;
  }

  /** Share of the recorded entries that the pattern takes away. */
  missingRate() {
    const recorded = this.recorded.reduce((sum, there) => sum + there, 0);
    const left = this.observed.reduce((sum, there, i) => sum + (there && this.recorded[i]), 0);
    return recorded ? 1 - left / recorded : 0;
  }
}

/** A matrix as `to_hex` of comp_viz/data/patterns/matrices.py writes it, entry by entry. */
function bits(hex, count) {
  return Uint8Array.from({ length: count }, (_, i) => (parseInt(hex[i >> 2], 16) >> (3 - (i & 3))) & 1);
}
