// A rep's map: streets or borders below, the day's way and its stops above. It only
// shows; every text of a user's goes through textContent.

const tours = (window.__bailiwick_tours ??= { maps: {}, waiting: {}, loaded: new Map() });
const RANKS = [3.2, 2.2, 1.2];

function asset(tag, attributes) {
  const url = attributes.src ?? attributes.href;
  if (!tours.loaded.has(url)) {
    tours.loaded.set(url, new Promise((done, failed) => {
      const element = Object.assign(document.createElement(tag), attributes);
      element.onload = done;
      element.onerror = () => {
        tours.loaded.delete(url);
        failed(new Error(`${url} did not load`));
      };
      document.head.appendChild(element);
    }));
  }
  return tours.loaded.get(url);
}

// [lon, lat, lon, lat, ...] to Leaflet's order.
function corners(flat) {
  const found = [];
  for (let i = 0; i < flat.length; i += 2) found.push([flat[i + 1], flat[i]]);
  return found;
}

function tag(kind, name, text) {
  const element = document.createElement(kind);
  element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

function pin(at, element, size, options) {
  const icon = L.divIcon({ html: element, className: "bt-icon", iconSize: [size, size] });
  return L.marker(at, { icon, keyboard: false, ...options });
}

function ground(map, base) {
  const under = { interactive: false, smoothFactor: 1.2 };
  for (const ring of base.area) {
    L.polygon(corners(ring), { ...under, className: "bt-area", stroke: true,
      color: base.colors.line, weight: 1.2, fillColor: base.colors.area, fillOpacity: 1,
    }).addTo(map);
  }
  for (const line of base.borders) {
    L.polyline(corners(line), { ...under, color: base.colors.border, weight: 1 }).addTo(map);
  }
  for (const [rank, line] of base.streets) {
    L.polyline(corners(line), { ...under, color: base.colors.street, weight: RANKS[rank],
      lineCap: "round" }).addTo(map);
  }
  for (const town of base.towns) {
    pin([town.lat, town.lon], tag("span", "bt-town", town.name), 0,
      { interactive: false }).addTo(map);
  }
}

async function build(slot, base) {
  await Promise.all([
    ...base.css.map((href) => asset("link", { rel: "stylesheet", href })),
    ...base.js.map((src) => asset("script", { src })),
  ]);
  if (slot.gone) return;
  const place = tag("div", "bt-ground");
  place.id = base.map_name;
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", base.label);
  slot.root.replaceChildren(place);
  slot.root.style.height = `clamp(230px, 42vh, ${base.height}px)`;
  if (window.innerWidth > 700) slot.root.style.height = `min(${base.height}px, 72vh)`;
  slot.root.classList.toggle("bt-dark", base.dark);
  slot.root.classList.toggle("bt-land", base.streets.length > 0);
  // The script folium wrote from our constants: it makes the Leaflet map.
  const map = new Function(`${base.script}\nreturn ${base.map_name};`)();
  map.attributionControl.setPrefix("Leaflet").addAttribution(base.credit);
  // One finger scrolls the page, two move the map.
  if (window.matchMedia("(pointer: coarse)").matches) map.dragging.disable();
  ground(map, base);
  slot.map = map;
  slot.over = L.layerGroup().addTo(map);
  slot.key = base.key;
  slot.bounds = base.bounds;
  tours.maps[base.key] = slot;
  new ResizeObserver(() => {
    if (slot.gone) return;
    map.invalidateSize({ animate: false });
    show(slot);
  }).observe(slot.root);
  draw(slot, tours.waiting[base.key]);
}

function stopPin(stop, colors) {
  const disc = tag("span", "bt-stop", stop.label);
  disc.style.background = stop.muted ? colors.muted : colors.stop;
  const marker = pin([stop.lat, stop.lon], disc, 26, { zIndexOffset: stop.muted ? 0 : 500 });
  const card = tag("div", "bt-card");
  card.append(tag("b", "", stop.name), tag("span", "", stop.detail));
  return marker.bindPopup(card, { closeButton: false, offset: [0, -8], maxWidth: 220 });
}

function draw(slot, patch) {
  if (!slot?.map || !patch) return;
  const { over, map } = slot;
  over.clearLayers();
  const all = [];
  for (const line of patch.routes) {
    const points = corners(line);
    all.push(...points);
    const style = { interactive: false, lineJoin: "round", dashArray: patch.estimated ? "7 7" : null };
    L.polyline(points, { ...style, color: patch.colors.halo, weight: 7, opacity: 0.9,
      dashArray: null }).addTo(over);
    L.polyline(points, { ...style, color: patch.colors.route, weight: 4 }).addTo(over);
  }
  for (const [lon, lat] of patch.dots) {
    all.push([lat, lon]);
    L.circleMarker([lat, lon], { radius: 3, weight: 0, fillOpacity: 0.75, interactive: false,
      fillColor: patch.colors.dot }).addTo(over);
  }
  for (const stop of patch.stops) {
    all.push([stop.lat, stop.lon]);
    stopPin(stop, patch.colors).addTo(over);
  }
  for (const [lon, lat] of patch.homes) {
    all.push([lat, lon]);
    pin([lat, lon], tag("span", "bt-home", "\u2302"), 26, { zIndexOffset: 400 }).addTo(over);
  }
  const fit = all.length ? L.latLngBounds(all) : L.latLngBounds(slot.bounds);
  if (!slot.fit || !slot.fit.equals(fit)) {
    slot.fit = fit;
    show(slot);
  }
  tours.drawn = (tours.drawn ?? 0) + 1;
}

// A map that is hidden, or on its way out, has no size to fit anything into.
function show(slot) {
  const { x, y } = slot.map.getSize();
  if (!slot.fit || x < 80 || y < 80) return;
  slot.map.fitBounds(slot.fit, { padding: [26, 26], maxZoom: 17, animate: false });
}

function close(slot) {
  slot.gone = true;
  slot.map?.remove();
  if (tours.maps[slot.key] === slot) delete tours.maps[slot.key];
}

export default function (component) {
  const { data, parentElement } = component;
  if (data.patch) {
    tours.waiting[data.key] = data;
    draw(tours.maps[data.key], data);
    return () => {};
  }
  const sign = JSON.stringify(data).length + data.sign;
  let slot = parentElement.__tour;
  if (slot && slot.sign !== sign) {
    close(slot);
    slot = null;
  }
  if (!slot) {
    const root = parentElement.querySelector(".bt-map");
    slot = parentElement.__tour = { root, sign };
    build(slot, data).catch((error) => {
      root.textContent = `The map could not be drawn: ${error.message}.`;
      throw error;
    });
  }
  return () => {
    // Streamlit also calls this between two runs: only a removed element is gone.
    setTimeout(() => {
      if (parentElement.isConnected) return;
      close(slot);
      delete parentElement.__tour;
    }, 0);
  };
}
