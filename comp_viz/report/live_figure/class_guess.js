// Guess before you see, together: the server counts what each phone chose, and all see the answer when the presenter shows it.

class ClassGuess {
  /** `root` is where a page by itself asks; the class is asked at the top, where nobody has to look for it. */
  constructor(root, figure, hall) {
    Object.assign(this, { figure, hall, alone: null });
    this.question = element("h2", { id: "question" });
    this.buttons = figure.modalities.map(({ name, mark }, m) => {
      const button = element("button", { type: "button", style: `--tone:var(--m${m})` }, `${mark} ${name}`);
      button.onclick = () => this.choose(m);
      return button;
    });
    const group = element("div", { class: "step", role: "group", "aria-labelledby": "question" }, ...this.buttons);
    this.note = element("p", { role: "status" });
    this.answer = element("div", { class: "one" });
    this.hidden = element("p", { class: "quiet" });
    root.append(this.hidden);
    document.querySelector("main").prepend(element("section", { class: "guess", "aria-labelledby": "question" }, this.question, group, this.note, this.answer));
    this.draw();
  }

  /** Whether contributions may be seen. Out of the class this is a page like any other: who has chosen sees them. */
  get made() {
    return this.hall.together ? Boolean(this.hall.answer) : this.alone !== null;
  }

  get chosen() {
    return this.hall.together ? this.hall.chosen : this.alone;
  }

  choose(m) {
    if (this.hall.together && this.hall.answer) return;
    if (this.hall.together) this.hall.choose(m);
    else this.alone = m;
    this.draw();
    drawSelected();
  }

  draw() {
    const { hall, figure, chosen } = this;
    const number = figure.selected + 1;
    this.question.textContent = hall.together
      ? `Utterance ${number}, with the pattern of the class: which modality moves its prediction most?`
      : "Which modality moves this prediction most? Choose, then see.";
    this.buttons.forEach((button, m) => {
      button.setAttribute("aria-pressed", m === chosen);
      button.setAttribute("aria-disabled", Boolean(hall.answer));
    });
    this.note.textContent = hall.answer ? verdictWords(figure, chosen, hall.answer.contributions) : hall.together ? hall.counted || "The answer is shown when the class has chosen." : "";
    this.answer.replaceChildren(...(hall.answer ? this.answerCharts(hall.answer) : []));
    this.hidden.hidden = this.made;
    this.hidden.textContent = hall.together ? "Hidden until the answer is shown." : "Hidden until you choose.";
  }

  /** What was chosen, and what each modality contributes to what was asked about. */
  answerCharts({ counts, contributions }) {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const reach = Math.max(...contributions.map(Math.abs), 1e-6);
    const number = value => (this.figure.task.classes.length ? `${signed(100 * value, 1)} points` : signed(value));
    const bars = (title, row) => {
      const rows = this.figure.modalities.map(({ name, mark }, m) => barRow(`${mark} ${name}`, `var(--m${m})`, ...row(m)));
      return element("div", {}, element("h3", {}, title), element("div", { class: "bars" }, ...rows));
    };
    return [
      total ? bars("What the class chose", m => [0, counts[m] / total, `${counts[m]} of ${total}`]) : element("p", {}, "Nobody in the class chose."),
      bars("What each modality contributes", m => [0.5, 0.5 + contributions[m] / reach / 2, number(contributions[m])]),
    ];
  }

  /** Out of the class, say whether the choice was right for the selected utterance. */
  verdict(figure, { values }) {
    if (!this.hall.together && this.alone !== null) this.note.textContent = verdictWords(figure, this.alone, values);
  }
}
