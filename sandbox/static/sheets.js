// The sheets that slide over the desk: one question, two answers.

import { act } from "./desk.js";
import { el } from "./draw.js";

const sheet = document.getElementById("sheet");
const [title, body, said, button] = ["sheet-title", "sheet-body", "sheet-said", "sheet-act"].map((id) => document.getElementById(id));
const MOST_AT_ONCE = 3;
let onAct = null;

function field(label, name, more = {}) {
  const control = el(more.long ? "textarea" : "input", { name, autocomplete: "off", ...more.attributes });
  return el("label", {}, label, control);
}

function tick(name, value, text, note = "") {
  return el("label", { class: "tick" }, el("input", { type: "checkbox", name, value, checked: true }), text, note ? el("small", {}, note) : null);
}

const SHEETS = {
  add: () => ({
    title: "加一台手机",
    act: "放上来",
    body: [
      field("叫什么", "name", { attributes: { required: true, placeholder: "比如：王桂兰" } }),
      field("是谁，在哪", "subtitle", { attributes: { placeholder: "比如：村民 · 留村 3 组" } }),
      field("手机号", "number", { attributes: { inputmode: "numeric", placeholder: "收短信用，可以不填" } }),
      tick("follows_oa", "1", "关注了公众号"),
    ],
    run: (form) =>
      act("/phones", {
        name: form.get("name").trim(),
        subtitle: form.get("subtitle").trim(),
        number: form.get("number").trim(),
        follows_oa: form.has("follows_oa"),
      }),
  }),
  reply: (desk, phone) => ({
    title: `替${phone.name}给公众号说一句`,
    act: "送出去",
    body: [field("说什么", "text", { long: true, attributes: { required: true, placeholder: "比如：门前路灯不亮" } })],
    run: (form) => act(`/phones/${phone.openid}/reply`, { text: form.get("text").trim() }),
  }),
  scan: (desk, phone) => ({
    title: `用${phone.name}的手机扫一个码`,
    act: "扫",
    stay: true,
    body: [field("码里写的", "text", { long: true, attributes: { required: true, placeholder: "把门牌上的网址，或那串字贴进来" } })],
    run: async (form) => opened(await act(`/phones/${phone.openid}/scan`, { text: form.get("text").trim() })),
  }),
  subscribe: (desk, phone) => {
    const templates = desk.templates.filter((one) => one.kind === "subscribe");
    return {
      title: `${phone.name}允许小程序提醒哪些事`,
      act: templates.length ? "就这些" : "知道了",
      body: templates.length
        ? templates.map((one) => tick("template", one.id, one.title, one.long_term ? "一直有效" : "一次一条"))
        : [el("p", { class: "hint" }, "产品还没有登记模板。等它登记了，这里就能点。")],
      run: (form) => agree(phone, templates, form.getAll("template")),
    };
  },
  afresh: () => ({
    title: "把消息和毛病都清掉，重新开始？",
    act: "重新开始",
    body: [el("p", { class: "hint" }, "手机留着。每个人允许过的订阅要重新允许，产品的令牌也要重新拿。")],
    run: async () => {
      await act("/reset", { settings: true });
      return null;
    },
  }),
};

/** What is ticked is accepted, the rest rejected. WeChat asks for three at most at a time, never for both kinds together. */
async function agree(phone, templates, accepted) {
  for (const isLong of [true, false]) {
    const kind = templates.filter((one) => one.long_term === isLong);
    for (let from = 0; from < kind.length; from += MOST_AT_ONCE) {
      const asked = kind.slice(from, from + MOST_AT_ONCE);
      const choices = asked.map(({ id }) => [id, accepted.includes(id) ? "accept" : "reject"]);
      await act(`/phones/${phone.openid}/subscribe`, { choices: Object.fromEntries(choices) });
    }
  }
}

function opened(found) {
  if (found.opens === "account") return [found.event === "SCAN" ? "公众号收到了这次扫码。" : "关注了公众号，带着这个码。"];
  const asked = Object.entries(found.query).map(([key, value]) => `${key}=${value}`).join(" ");
  const where = `打开小程序${found.page ? ` ${found.page}` : ""}，带着 ${asked}。`;
  return /^(http|\/)/.test(found.link ?? "") ? [where, el("a", { href: found.link, target: "_blank", rel: "noopener" }, "打开看看")] : [where];
}

/** Open a sheet for a phone, or for the desk. */
export function openSheet(kind, desk, openid) {
  const phone = desk.phones.find((one) => one.openid === openid);
  const wanted = SHEETS[kind](desk, phone);
  title.textContent = wanted.title;
  button.textContent = wanted.act;
  body.replaceChildren(...wanted.body);
  said.replaceChildren();
  onAct = wanted;
  sheet.showModal();
  body.querySelector("input, textarea")?.focus();
}

document.getElementById("sheet-close").addEventListener("click", () => sheet.close());
document.getElementById("sheet-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const empty = [...event.target.elements].find((control) => control.required && !control.value.trim());
  if (empty) {
    said.textContent = "这一格还空着。";
    empty.focus();
    return;
  }
  try {
    const answer = await onAct.run(new FormData(event.target));
    if (onAct.stay && answer) said.replaceChildren(...answer);
    else sheet.close();
  } catch (refusal) {
    said.textContent = `没成：${refusal.message}`;
  }
});
