// Pictures of streets under the territories. Nothing is asked for until Python has sent
// an address, which it does only after somebody agreed.

export class Streets {
  constructor(view) {
    this.view = view;
    this.told = null;
    this.layer = null;
  }

  // What Python says: label, question, agreed, and the address once it is.
  take(told) {
    if (JSON.stringify(told) === JSON.stringify(this.told)) return;
    this.told = told ?? null;
    this.follow();
    this.view.panel.layers();
  }

  get wanted() {
    return Boolean(this.view.state.layers.streets && this.told?.agreed && this.told.url);
  }

  // Show or take away the pictures, as is wished and agreed.
  follow() {
    const { map } = this.view;
    if (this.layer && (!this.wanted || this.layer.options.from !== this.told.url)) {
      this.layer.remove();
      this.layer = null;
      this.#seen(false);
    }
    if (this.wanted && !this.layer) {
      const { url, credit, link } = this.told;
      this.layer = L.tileLayer(url, {
        from: url, maxZoom: 18, minZoom: 2, maxNativeZoom: 18, className: "bw-tiles",
        attribution: named(credit, link), referrerPolicy: "strict-origin-when-cross-origin",
      });
      this.layer.on("tileload", () => this.#seen(true));
      this.layer.on("tileerror", () => this.#missed());
      this.layer.addTo(map);
    }
  }

  // The outline map stays until the first picture is there.
  #seen(seen) {
    if (this.view.state.streets === seen) return;
    this.view.state.streets = seen;
    this.view.layers.ground.later();
  }

  #missed() {
    if (this.view.state.streets || this.said === this.told?.url) return;
    this.said = this.told?.url;
    this.view.panel.notice("The server of streets does not answer; the outlines stay.");
  }

  show(on) {
    this.view.show({ layers: { ...this.view.state.layers, streets: on } });
    this.follow();
  }

  answer(yes) {
    this.show(yes);
    this.view.emit({ kind: "streets", yes });
  }
}

// Leaflet takes markup: a credit goes in with its signs spelled out.
function named(credit, link) {
  const plain = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  if (!/^https:\/\//.test(link)) return plain(credit);
  return `<a href="${plain(link)}" target="_blank" rel="noopener">${plain(credit)}</a>`;
}
