// Draws phones and log lines; text only ever goes in as text.

import { dayTime, fallback, fullTime, iconFor, outcome, reason } from "./words.js";

/** An element with attributes and children; a string becomes text. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null && child !== ""));
  return made;
}

/** An icon, silent for screen readers. */
export function icon(name) {
  return el("i", { class: `ic ic-${name}`, "aria-hidden": "true" });
}

const RING_SECONDS = 7200;
const SMS = { sms: ["envelope-simple", "短信"], wecom: ["chat-circle-text", "企业微信"] };

function openLink(link, about = "") {
  if (!link) return null;
  if (/^(https?:|\/)/.test(link)) {
    return el("a", { class: "open", href: link, target: "_blank", rel: "noopener", "aria-label": about ? `查看：${about}` : "查看" }, "查看", icon("caret-right"));
  }
  return el("p", { class: "open" }, "查看", el("code", {}, link));
}

function card(item, isNew) {
  const [name, said] = SMS[item.kind] ?? [iconFor(item.title), item.title];
  const title = item.kind === "wecom" && item.title ? item.title : said;
  const lines = item.fields.flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]);
  return el(
    "article",
    { class: isNew ? "msg new" : "msg" },
    el("h3", {}, icon(name), title, item.kind === "template" ? el("small", {}, "公众号") : null, item.seen ? null : el("small", {}, "还没看")),
    lines.length ? el("dl", {}, ...lines) : null,
    item.text ? el("p", {}, item.text) : null,
    openLink(item.link, title),
  );
}

function ghost(item, now) {
  const times = item.times > 1 ? `试了 ${item.times} 次。` : "";
  const what = item.title || item.text.slice(0, 16);
  return el(
    "p",
    { class: "ghost" },
    icon("prohibit"),
    el("b", {}, " 没弹出来："),
    `${what ? `“${what}”，` : ""}${reason(item.reason)}。${times}${fallback(item, now)}`,
  );
}

function drawn(item, isNew, now) {
  if (item.kind === "ghost") return ghost(item, now);
  if (item.kind === "own") return el("p", { class: "own" }, item.text);
  if (item.kind === "notice") return el("p", { class: "aside" }, item.text);
  if (item.kind === "custom") return el("div", { class: isNew ? "msg talk new" : "msg talk" }, item.text, openLink(item.link));
  return card(item, isNew);
}

function bodyOf(phone, now) {
  const nodes = [];
  let said = "";
  phone.screen.forEach((item, place) => {
    const label = dayTime(item.at, now);
    if (label !== said) nodes.push(el("p", { class: "when" }, label));
    said = label;
    const isLast = place === phone.screen.length - 1;
    nodes.push(drawn(item, isLast && Math.abs(now - item.at) < RING_SECONDS, now));
  });
  return nodes.length ? nodes : [el("p", { class: "none" }, "还没有消息")];
}

function marksOf(phone) {
  const marks = [];
  if (!phone.has_signal) marks.push(["wifi-slash", phone.held ? `没信号，${phone.held} 条等着` : "没信号"]);
  if (!phone.looks) marks.push(["eye-slash", "今天不看手机"]);
  return marks.map(([name, text]) => el("span", { class: "mark" }, icon(name), text));
}

function frame(phone, act) {
  const tap = (name, label, deed) => {
    const button = el("button", { type: "button", "aria-label": `${label}，${phone.name || "这台"}的手机` }, icon(name), label);
    button.addEventListener("click", () => act(deed, phone.openid));
    return button;
  };
  return el(
    "section",
    { class: "phone", "aria-label": `${phone.name || "没起名"}的手机`, "data-openid": phone.openid },
    el(
      "div",
      { class: "screen" },
      el("div", { class: "top" }, el("h2", {}), el("p", {}), el("div", { class: "marks" })),
      el("div", { class: "body", tabindex: "0", role: "region", "aria-label": `${phone.name || "这台"}收到的` }),
      el("div", { class: "taps" }, tap("bell", "允许订阅", "subscribe"), tap("chat-circle-text", "回一句", "reply"), tap("scan", "扫门牌", "scan")),
    ),
  );
}

function homeLink(phone, base) {
  const href = `/connect/login?phone=${encodeURIComponent(phone.openid)}&redirect_uri=${encodeURIComponent(base)}`;
  return el("a", { class: "home", href, target: "_blank", rel: "noopener" }, icon("device-mobile"), "小程序");
}

/** Bring a phone on the page up to date; what did not change is left alone, so focus and scroll stay. */
function refresh(section, phone, desk) {
  const [head, body, taps] = section.querySelector(".screen").children;
  const [name, subtitle, marks] = head.children;
  name.textContent = phone.name || "没起名";
  subtitle.textContent = phone.subtitle + (phone.follows_oa ? "" : `${phone.subtitle ? " · " : ""}没关注公众号`);
  marks.replaceChildren(...marksOf(phone));
  if (desk.h5_base && !taps.querySelector(".home")) taps.append(homeLink(phone, desk.h5_base));
  taps.classList.toggle("four", Boolean(desk.h5_base));
  const state = JSON.stringify([phone.screen, Math.floor(desk.clock.now / 60)]);
  if (body.dataset.state === state) return;
  const grew = JSON.parse(body.dataset.state ?? "[[]]")[0].length !== phone.screen.length;
  const atEnd = body.scrollHeight - body.scrollTop - body.clientHeight < 60;
  body.dataset.state = state;
  body.replaceChildren(...bodyOf(phone, desk.clock.now));
  section.querySelector(".hills")?.remove();
  if (!phone.screen.length) body.append(el("div", { class: "hills" }));
  if (grew || atEnd) body.scrollTop = body.scrollHeight;
}

/** Draw the row of phones. */
export function drawPhones(row, desk, act) {
  const known = new Map([...row.querySelectorAll(".phone")].map((section) => [section.dataset.openid, section]));
  for (const phone of desk.phones) {
    const section = known.get(phone.openid) ?? row.appendChild(frame(phone, act));
    known.delete(phone.openid);
    refresh(section, phone, desk);
  }
  for (const gone of known.values()) gone.remove();
}

/** Draw what happened lately, newest first. */
export function drawLog(list, desk) {
  const lines = [...desk.lines].reverse().map((line) => {
    const [words, colour] = outcome(line);
    const day = dayTime(line.at, desk.clock.now).startsWith("今天") ? "" : `${dayTime(line.at, desk.clock.now).split(" ")[0]} `;
    const second = fullTime(line.at).split(" ")[1];
    return el("li", {}, `${day}${second} `, el("b", {}, line.who), ` ${line.what} `, el("span", { class: colour }, words));
  });
  list.replaceChildren(...(lines.length ? lines : [el("li", { class: "none-yet" }, "还没有动静。产品发出的每一条，都会在这里说一声。")]));
}
