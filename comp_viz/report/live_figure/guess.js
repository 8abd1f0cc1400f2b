// Guess before you see: where the page asks for it, contributions stay hidden until the reader has chosen a modality.

class Guess {
  constructor(root, figure) {
    this.made = !figure.guess;
    if (this.made) return;
    this.root = root;
    this.buttons = figure.modalities.map(({ name, mark }, m) => {
      const button = element("button", { type: "button", style: `--tone:var(--m${m})` }, `${mark} ${name}`);
      button.onclick = () => this.choose(m);
      return button;
    });
    this.root.append(element("p", {}, "Which modality moves this prediction most? Choose, then see."), element("div", { class: "step" }, ...this.buttons));
  }

  choose(m) {
    this.chosen = m;
    this.made = true;
    this.buttons.forEach((button, k) => button.setAttribute("aria-pressed", k === m));
    drawSelected();
  }

  /** Say whether the choice was right for this utterance. */
  verdict(figure, { values }) {
    if (this.chosen !== undefined) this.root.querySelector("p").textContent = verdictWords(figure, this.chosen, values);
  }
}

/** The modalities that move a prediction most: within a tenth of the first, as comp_viz/analysis/lecture/answers.py has it. */
function strongest(values) {
  const sizes = values.map(Math.abs);
  const most = Math.max(...sizes);
  return sizes.flatMap((size, m) => (most && size >= 0.9 * most ? [m] : []));
}

/** The truth in a sentence, and whether `chosen` is part of it; null where nothing was chosen. */
function verdictWords(figure, chosen, values) {
  const first = strongest(values);
  const names = first.map(m => figure.modalities[m].name).join(" and ");
  const truth = first.length ? `${names} ${first.length > 1 ? "move it most, about alike" : "moves it most"}.` : "nothing moves it.";
  if (first.includes(chosen)) return `Yes: ${truth}`;
  return chosen === null ? `The answer: ${truth}` : `You chose ${figure.modalities[chosen].name}; ${truth}`;
}
