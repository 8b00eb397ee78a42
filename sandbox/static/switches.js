// The switches: each is wired to a fault, a setting or a phone of the sandbox, and shows what is really in force.

import { act, ask } from "./desk.js";
import { el } from "./draw.js";

const SENDS = "/cgi-bin/message*";
const WECHAT = ["/cgi-bin/*", "/wxa/*", "/sns/*"];
const percent = (share) => `${Math.round(share * 100)}%`;

// label: what the fault is called in the plan; faults: what is ordered when it is switched on.
const FAULTS = [
  { label: "down", text: "微信整个不通", state: "不通", faults: () => WECHAT.map((path) => ({ path, kind: "reset" })) },
  {
    label: "slow",
    text: "收下了，但回得慢（超时）",
    faults: () => [{ path: SENDS, kind: "timeout_after_accept", probability: 0.1 }],
  },
  { label: "busy", text: "微信说忙（-1）", faults: () => [{ path: SENDS, errcode: -1, probability: 0.05 }] },
  {
    label: "refused",
    text: "没允许（43101）",
    who: true,
    faults: (openid) => [{ path: "/cgi-bin/message/subscribe/send", errcode: 43101, ...(openid ? { openid } : {}) }],
  },
  { label: "token", text: "令牌忽然失效（40001）", faults: () => [{ path: SENDS, errcode: 40001, probability: 0.1 }] },
  { label: "sms", text: "短信发不出去", state: "不通", faults: () => [{ path: "/sms/send", errcode: 500 }] },
];

const chosen = new Map();

function faultState(one, desk) {
  const found = desk.faults.find((fault) => fault.label === one.label);
  if (!found) return null;
  if (one.who) return desk.phones.find((phone) => phone.openid === found.openid)?.name ?? "大家";
  return one.state ?? percent(found.probability);
}

async function turnFault(one, isOn) {
  if (isOn) return act(`/fault?label=${one.label}`, undefined, "DELETE");
  for (const fault of one.faults(chosen.get(one.label))) await ask("/fault", { ...fault, label: one.label });
  return act("/clock");
}

const PHONES = [
  { label: "no-signal", text: "进山，没信号", flag: "has_signal" },
  { label: "does-not-look", text: "今天不看手机", flag: "looks" },
];

function settingRows(desk) {
  const { push_copies: copies, push_shuffle: shuffle, slow_net_seconds: slow } = desk.settings;
  return [
    { label: "slow-net", text: "200 kbit/s 的慢网", state: slow > 0 ? `晚 ${slow} 秒` : null, change: (on) => ({ slow_net_seconds: on ? 0 : 4 }) },
    {
      label: "copies",
      text: "同一条消息送三遍、乱着送",
      state: copies > 1 || shuffle ? "开" : null,
      change: (on) => ({ push_copies: on ? 1 : 3, push_shuffle: !on }),
    },
  ];
}

/** One switch; when it is about somebody, the list of people stands between the switch and the words. */
function row(one, { state, turn, pick }) {
  const isOn = state !== null;
  const said = el("span", { class: "st" }, state ?? "关");
  const button = el(
    "button",
    { type: "button", class: "sw", role: "switch", "aria-checked": String(isOn), "data-switch": one.label },
    el("span", { class: "k" }),
    ...(pick ? [el("span", { class: "vh" }, one.text)] : [one.text, said]),
  );
  const words = pick ? el("span", { class: "words", "aria-hidden": "true" }, one.text) : null;
  for (const target of [button, words]) target?.addEventListener("click", () => turn(isOn));
  return el("div", { class: isOn ? "sw-row on" : "sw-row" }, button, pick, words, pick ? said : null);
}

function picker(label, says, people, onChange) {
  const list = el("select", { class: "pick", "aria-label": says }, ...people.map(([value, name]) => el("option", { value }, name)));
  if (!people.some(([value]) => value === chosen.get(label))) chosen.set(label, people[0]?.[0] ?? "");
  list.value = chosen.get(label);
  list.addEventListener("change", () => {
    chosen.set(label, list.value);
    onChange();
  });
  return list;
}

/** Draw both groups of switches as things stand; the focus stays where it was. */
export function drawSwitches(faults, troubles, desk) {
  const focused = document.activeElement?.closest?.("[data-switch]")?.dataset.switch;
  if (document.activeElement?.tagName === "SELECT" && document.activeElement.className === "pick") return;
  const people = desk.phones.map((phone) => [phone.openid, phone.name || "没起名"]);
  faults.replaceChildren(
    ...FAULTS.map((one) => {
      const inForce = desk.faults.find((fault) => fault.label === one.label);
      if (inForce) chosen.set(one.label, inForce.openid ?? "");
      const pick = one.who && people.length ? picker(one.label, "谁没允许", [["", "大家"], ...people], () => {}) : null;
      return row(one, { state: faultState(one, desk), turn: (isOn) => turnFault(one, isOn), pick });
    }),
  );
  const ofPhones = people.length ? PHONES.map((one) => phoneRow(one, desk, people, () => drawSwitches(faults, troubles, desk))) : [];
  const ofAll = settingRows(desk).map((one) => row(one, { state: one.state, turn: (isOn) => act("/settings", one.change(isOn)) }));
  troubles.replaceChildren(...[ofPhones[0], ...ofAll, ofPhones[1]].filter(Boolean));
  if (focused) document.querySelector(`[data-switch="${focused}"]`)?.focus();
}

function phoneRow(one, desk, people, again) {
  const redraw = () => {
    document.activeElement?.blur();
    again();
  };
  const away = desk.phones.find((candidate) => !candidate[one.flag]);
  if (away && !chosen.has(one.label)) chosen.set(one.label, away.openid);
  const pick = picker(one.label, `谁${one.text}`, people, redraw);
  const phone = desk.phones.find((candidate) => candidate.openid === chosen.get(one.label));
  const state = phone && !phone[one.flag] ? "开" : null;
  return row(one, { state, turn: (isOn) => act(`/phones/${phone.openid}/${one.label}`, { on: !isOn }), pick });
}
