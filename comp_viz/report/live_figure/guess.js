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
    if (this.chosen === undefined) return;
    const sizes = values.map(Math.abs);
    const first = sizes.indexOf(Math.max(...sizes));
    const name = figure.modalities[first].name;
    this.root.querySelector("p").textContent = first === this.chosen ? `Yes: ${name} moves it most.` : `You chose ${figure.modalities[this.chosen].name}; ${name} moves it most.`;
  }
}
