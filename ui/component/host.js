// Entry of the host component: mounts a map once, keeps its view across pages.

import { Scene } from "./scene.js";
import { Talk } from "./talk.js";
import { MapView } from "./view.js";
import { unpack } from "./wire.js";

const desk = (window.__bailiwick ??= {
  maps: {}, waiting: {}, views: {}, scenes: new Map(), mounts: 0, rev: -1, errors: [],
});
const loaded = new Map();

function asset(tag, attributes) {
  const url = attributes.src ?? attributes.href;
  if (!loaded.has(url)) {
    loaded.set(url, new Promise((done, failed) => {
      const element = Object.assign(document.createElement(tag), attributes);
      element.onload = done;
      element.onerror = () => {
        loaded.delete(url);
        failed(new Error(`${url} did not load`));
      };
      document.head.appendChild(element);
    }));
  }
  return loaded.get(url);
}

// The last four bytes of a zlib stream are a checksum of its content.
function signature(bytes) {
  return `${bytes.length} ${Array.from(bytes.slice(-4)).join(".")}`;
}

function keptOf(key) {
  if (!desk.views[key]) {
    const name = `bailiwick.${key}`;
    const text = sessionStorage.getItem(name) ?? localStorage.getItem(name);
    desk.views[key] = text ? JSON.parse(text) : {};
  }
  return desk.views[key];
}

function talkOf(key) {
  desk.talks ??= {};
  return (desk.talks[key] ??= new Talk(key));
}

async function sceneOf(sign, bytes) {
  if (!desk.scenes.has(sign)) {
    desk.scenes.clear();
    desk.scenes.set(sign, unpack(bytes).then((message) => new Scene(message)));
  }
  return desk.scenes.get(sign);
}

async function build(slot, sign, bytes) {
  const scene = await sceneOf(sign, bytes);
  const { header } = scene;
  await Promise.all([
    ...header.css.map((href) => asset("link", { rel: "stylesheet", href })),
    ...header.js.map((src) => asset("script", { src })),
  ]);
  if (slot.gone) return;
  const ground = document.createElement("div");
  ground.id = header.map_name;
  ground.className = "bw-ground";
  ground.setAttribute("role", "application");
  ground.setAttribute("aria-label", header.label);
  slot.root.replaceChildren(ground);
  slot.root.style.height = `${header.height}px`;
  // The script folium wrote from our constants: it makes the Leaflet map.
  const map = new Function(`${header.script}\nreturn ${header.map_name};`)();
  map.attributionControl.setPrefix("Leaflet").addAttribution(header.credit);
  const kept = keptOf(header.key);
  if (kept.unit_set !== header.unit_set) delete kept.center;
  kept.unit_set = header.unit_set;
  slot.view = new MapView({
    root: slot.root, map, scene, kept, talk: talkOf(header.key), send: (value) => slot.send("edit", value),
  });
  slot.key = header.key;
  desk.maps[header.key] = slot;
  desk.mounts++;
  for (const message of Object.values(desk.asides?.[header.key] ?? {})) slot.view.aside(message);
  const early = desk.waiting[header.key];
  if (early) await patch(early);
}

async function patch(bytes) {
  const message = await unpack(bytes);
  const { key, aside } = message.header;
  if (aside) {
    desk.asides ??= {};
    (desk.asides[key] ??= {})[aside] = message;
    desk.maps[key]?.view?.aside(message);
    if (aside === "pieces" && desk.waiting[key]) await patch(desk.waiting[key]);
    return;
  }
  desk.waiting[key] = bytes;
  const view = desk.maps[key]?.view;
  // It may come before the base or the pieces it counts in: they bring it in then.
  if (!view || view.scene.header.ground !== message.header.ground) return;
  if (!view.patch(message)) return;
  desk.rev = view.rev;
  desk.patches = (desk.patches ?? 0) + 1;
}

// Messages wait until this script is there, then are taken in one after the other.
const arrived = (window.__bailiwick_in ??= []);
arrived.take = () => {
  for (const bytes of arrived.splice(0)) {
    desk.queue = (desk.queue ?? Promise.resolve()).then(() => patch(bytes));
  }
};
arrived.take();

function close(slot) {
  slot.gone = true;
  if (!slot.view) return;
  slot.view.remove();
  if (desk.maps[slot.key] === slot) delete desk.maps[slot.key];
}

export function mount(component) {
  const { data, parentElement, setTriggerValue } = component;
  let slot = parentElement.__bailiwick;
  const sign = signature(data);
  if (slot && slot.sign !== sign) {
    close(slot);
    slot = null;
  }
  if (!slot) {
    const root = parentElement.querySelector(".bw-map");
    slot = parentElement.__bailiwick = { root, sign };
    slot.ready = build(slot, sign, data).catch((error) => {
      desk.errors.push(String(error));
      root.textContent = `The map could not be drawn: ${error.message}.`;
      throw error;
    });
  }
  slot.send = setTriggerValue;
  return () => {
    // Streamlit also calls this between two runs: only a removed element is gone.
    setTimeout(() => {
      if (parentElement.isConnected) return;
      close(slot);
      delete parentElement.__bailiwick;
    }, 0);
  };
}
