// What is said to Python until it is answered: it outlives the view, the page and the
// connection.

const AGAIN_MS = 4000;
const PASSING = new Set(["select", "find"]); // only the newest counts
const LOOKS = new Set(["select", "find", "focus", "names", "streets"]); // change nothing

export class Talk {
  constructor(key) {
    this.place = `bailiwick.talk.${key}`;
    this.client = Math.random().toString(36).slice(2);
    this.seq = 0;
    // Said just before this page was loaded, and not answered: the ids of the edits
    // are kept, so that none is done twice.
    this.outbox = JSON.parse(sessionStorage.getItem(this.place) ?? "[]")
      .map((event) => ({ ...event, client: this.client, seq: ++this.seq, again: true }));
    this.restored = this.outbox.length;
  }

  // `send` hands a value to Streamlit; a new view brings a new one.
  open(send) {
    this.send = send;
    this.#flush();
  }

  close() {
    clearTimeout(this.again);
    this.send = null;
  }

  say(event) {
    const seq = ++this.seq;
    const whole = {
      ...event, seq, client: this.client,
      edit_id: crypto.randomUUID?.() ?? `${this.client}-${seq}`,
    };
    this.outbox = this.outbox.filter((old) => !PASSING.has(old.kind));
    this.outbox.push(whole);
    this.#flush();
    this.#keep();
    return whole;
  }

  // Everything up to the number that was heard is done with. Says how many edits of
  // before the page was loaded are settled by it.
  heard(ack) {
    if (ack?.client !== this.client) return 0;
    this.outbox = this.outbox.filter((event) => event.seq > ack.seq);
    this.#keep();
    if (!this.restored || ack.seq < this.restored) return 0;
    const { restored } = this;
    this.restored = 0;
    return restored;
  }

  #keep() {
    const edits = this.outbox.filter((event) => !LOOKS.has(event.kind));
    const text = edits.length ? JSON.stringify(edits) : "";
    if (text === this.kept) return;
    this.kept = text;
    if (text) sessionStorage.setItem(this.place, text);
    else sessionStorage.removeItem(this.place);
  }

  // Streamlit keeps only the newest trigger, so each holds all that is not answered.
  // One that was dropped, with a page or a connection, is said again.
  #flush() {
    clearTimeout(this.again);
    if (!this.outbox.length || !this.send) return;
    this.send({ client: this.client, events: this.outbox });
    this.again = setTimeout(() => {
      for (const event of this.outbox) event.again = true;
      this.#flush();
    }, AGAIN_MS);
  }
}
