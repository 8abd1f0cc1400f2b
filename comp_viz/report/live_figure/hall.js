// The class: where the presenter is, whether this page follows, and what this phone chose. Only in pages that our own server
// serves. The server knows a phone by a random number, which lies in this tab and ends with it.

const LONGEST = 30_000; // milliseconds; the server answers after 20 seconds at the latest
const LENGTH = 16; // bytes of the number

const held = new Map(); // where a browser keeps nothing for pages
const memory = {
  read(name) {
    try {
      return sessionStorage.getItem(`comp-viz ${name}`);
    } catch {
      return held.get(name) ?? null;
    }
  },
  write(name, value) {
    held.set(name, value);
    try {
      sessionStorage.setItem(`comp-viz ${name}`, value);
    } catch {
      return; // until the next page
    }
  },
};

class Hall {
  /**
   * `base` leads to the class's address; `story` and `step`, counted from 0, say which page this is. `told` hears of every change;
   * `become` makes this page that of another step of the story, where it can.
   */
  constructor({ base, story, step }, told = () => {}, become = async () => false) {
    Object.assign(this, { base, story, step, told, become, state: null, lost: 0, ownView: false, refusals: new Map(), sending: false });
    const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
    this.phone = memory.read("phone") ?? Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
    memory.write("phone", this.phone);
    [this.words, this.back] = byId("class").children;
    this.back.onclick = () => this.goBack();
    document.addEventListener("click", event => {
      const link = event.target.closest?.("a[href]");
      if (link) memory.write("wanders", new URL(link.href).pathname);
    });
    // What a phone slept through, it asks as soon as somebody looks at it again.
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
    addEventListener("pageshow", event => event.persisted && this.wake());
    addEventListener("online", () => this.wake());
    this.follow();
  }

  /** Ask again and again; the server answers when something changes. */
  async follow() {
    for (;;) {
      this.woken = false;
      try {
        const state = await this.ask();
        this.lost = 0;
        if (state) await this.take(state);
        else this.show();
        this.send();
        await this.rest((this.state.again ?? 0) * 1000);
      } catch {
        if (this.woken) continue;
        this.lost += 1;
        this.show();
        await this.rest(Math.min(500 * 2 ** this.lost, 8000) * (0.5 + Math.random() / 2));
      }
    }
  }

  /** What the server says: a new state, or null where nothing changed since. */
  async ask() {
    this.asking = new AbortController();
    const alarm = setTimeout(() => this.asking.abort(), LONGEST);
    const about = new URLSearchParams({ after: this.lost ? "" : (this.state?.version ?? ""), phone: this.phone });
    try {
      const reply = await fetch(`${this.base}state?${about}`, { cache: "no-store", signal: this.asking.signal });
      if (!reply.ok) throw new Error(reply.status);
      return reply.status === 204 ? null : await reply.json();
    } finally {
      clearTimeout(alarm);
    }
  }

  rest(milliseconds) {
    return new Promise(resolve => {
      this.rested = resolve;
      setTimeout(resolve, milliseconds);
    });
  }

  /** Ask at once. */
  wake() {
    this.woken = true;
    this.asking?.abort();
    this.rested?.();
  }

  async take(state) {
    this.state = state;
    if (this.atClass()) memory.write("wanders", "");
    else if (this.classPage() && !this.wanders()) await this.goToClass();
    this.show();
    this.told();
  }

  /** Go to where the class is, without loading anything anew where that can be. */
  async goToClass() {
    const { story, step } = this.state;
    const page = this.classPage();
    if (story !== this.story || !(await this.become(page))) return location.replace(page);
    Object.assign(this, { step, ownView: false });
  }

  /** The page where the class is; null where it is nowhere yet. */
  classPage() {
    const { story, step, ready } = this.state ?? {};
    return story && ready ? new URL(`${this.base}${story}/step-${step + 1}.html`, location) : null;
  }

  atClass() {
    return this.classPage()?.pathname === location.pathname;
  }

  /** Whether somebody went elsewhere on this phone: to a page by a link, or to a pattern or utterance of their own. */
  wanders() {
    return this.ownView || memory.read("wanders") === location.pathname;
  }

  /** Note that pattern or utterance became another than the class sees: from then on the page stays, until it is sent back. */
  noteView(own) {
    this.ownView ||= own;
    this.show();
  }

  async goBack() {
    memory.write("wanders", "");
    this.ownView = false;
    await this.goToClass().catch(() => (this.lost += 1)); // it goes once the server answers
    this.show();
    this.told();
  }

  show() {
    const { state } = this;
    const text = this.lost > 1 ? "No connection to the class. This page tries again by itself." : state ? this.placeWords(state) : "Looking for the class …";
    if (this.words.textContent !== text) this.words.textContent = text;
    this.back.hidden = !this.classPage() || !this.wanders();
  }

  placeWords({ story, step, steps, ready, problem }) {
    if (!story) return "No lecture at the moment. When one begins, this page goes along by itself.";
    if (problem) return "The lecture has no pages for phones. The presenter's screen says why.";
    if (!ready) return "The lecture begins in a moment. This page goes along by itself.";
    if (!this.wanders()) return `With the class: step ${step + 1} of ${steps}`;
    if (this.atClass()) return `On your own, in step ${step + 1} of the class`;
    return `On your own. The class is at step ${step + 1} of ${steps}.`;
  }

  // Choices

  /** Under which this tab keeps its choice for this page, in this round. */
  get place() {
    return `${this.state?.round} ${this.step}`;
  }

  /** Whether this page is of the story that is open, so that the class chooses together. */
  get together() {
    return Boolean(this.state?.round) && this.state.story === this.story;
  }

  get chosen() {
    const kept = memory.read(`choice ${this.place}`);
    return kept ? Number(kept) : null;
  }

  /** The class's answer for this page, once it was shown. */
  get answer() {
    return (this.together && this.state.shown[this.step]) || null;
  }

  choose(modality) {
    memory.write(`choice ${this.place}`, String(modality));
    memory.write(`unsent ${this.place}`, "yes");
    this.send();
  }

  /** Send what was chosen and is not counted yet, one after the other; where that fails, it is sent again once the server answers. */
  async send() {
    if (this.sending) return;
    this.sending = true;
    try {
      while (this.together && memory.read(`unsent ${this.place}`) === "yes") await this.sendOnce();
    } catch {
      return; // it is still unsent
    } finally {
      this.sending = false;
      this.told();
    }
  }

  async sendOnce() {
    const { place, chosen } = this;
    const body = JSON.stringify({ round: this.state.round, step: this.step, phone: this.phone, modality: chosen });
    const headers = { "Content-Type": "application/json" };
    const reply = await fetch(`${this.base}choice`, { method: "POST", headers, body });
    if (reply.status >= 500) throw new Error(reply.status);
    const refusal = reply.ok ? "" : await reply.text();
    this.refusals.set(place, refusal); // the class may be elsewhere by now
    if (refusal) memory.write(`choice ${place}`, ""); // it does not count
    if (refusal || chosen === Number(memory.read(`choice ${place}`))) memory.write(`unsent ${place}`, "");
  }

  /** What became of the choice on this page, in words. */
  get counted() {
    const refusal = this.refusals.get(this.place) ?? "";
    if (refusal || this.chosen === null) return refusal;
    if (memory.read(`unsent ${this.place}`) === "yes") return "Not counted yet: it is sent when the server answers.";
    return "Counted. You may change it until the answer is shown.";
  }
}
