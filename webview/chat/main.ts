import { maxConversationChars, maxConversationTurns } from "../../server/protocol/pages.ts";
import type { ChatFromPage, ChatToPage, Link, ModelChoice } from "../../server/protocol/webview.ts";
import "../kit/base.css";
import "../kit/markdown.css";
import "./chat.css";
import { byId, h, newId } from "../kit/dom.ts";
import { linkNotices } from "../kit/link.ts";
import { connect } from "../kit/rpc.ts";
import { type Again, askingAgain, best, sameQuestion } from "./again.ts";
import { type AnswerDeps, TurnView } from "./answer.ts";
import { Composer } from "./composer.ts";
import {
  again,
  applyEvent,
  ask,
  bound,
  type Conversation,
  empty,
  messages,
  restore,
  resume,
  type Turn,
} from "./conversation.ts";
import { Follow } from "./scroll.ts";
import { readQuestion } from "./slash.ts";
import { welcome } from "./welcome.ts";

const limits = { turns: maxConversationTurns, chars: maxConversationChars };

const host = connect<ChatToPage, ChatFromPage>();
const saved = (host.saved ?? {}) as { conversation?: unknown; draft?: unknown };

let conversation: Conversation = restore(saved.conversation) ?? empty(newId());
let link: Link = { kind: "starting", message: "Connecting to the daemon…", problems: [], able: true };
let models: readonly ModelChoice[] = [];
const views = new Map<Turn, TurnView>();

const app = byId("app");
const notices = h("div", { class: "notices" });
const turns = h("div", {
  class: "turns",
  role: "log",
  "aria-live": "off",
  "aria-label": "Conversation",
  tabindex: "-1",
});
const list = h("main", { class: "list" }, turns);
const toEnd = h("button", { type: "button", class: "secondary to-end", hidden: true }, "Follow the answer");
// What is read aloud is said here, block by block: a log that is live would repeat every token.
const voice = h("div", { class: "visually-hidden", "aria-live": "polite", role: "status" });
const follow = new Follow(list, turns, toEnd);

const composer = new Composer({
  send: (question) => send(question),
  stop: () => stop(),
  attach: (what) => host.send({ type: "attach", what }),
  detach: (id) => host.send({ type: "detach", id }),
  openContext: (id) => host.send({ type: "open-context", id }),
  pick: (model) => host.send({ type: "pick", model }),
  changed: () => keep(),
  questions: () => conversation.turns.map((t) => t.question),
});

const deps: AnswerDeps = {
  copy: (text) => host.copy(text),
  insert: (text, turn) => {
    const trace = turn.end?.kind === "receipt" ? turn.end.receipt.trace : null;
    host.send({ type: "insert", text, answer: turn.id, trace });
  },
  open: (url) => host.send({ type: "open-link", url }),
  act: (action) => host.send({ type: "act", action }),
  retry: (turn) => retry(turn, composer.model),
  better: (turn) => retry(turn, best),
  several: () => models.length > 1,
  notAsked: (turn, trace) => {
    if (running()) return;
    host.send({ type: "not-asked", trace });
    retry(turn, composer.model, null); // memory was wrong, not the model
  },
  showTrace: (trace) => host.send({ type: "show-trace", trace }),
  say: (text) => say(text),
};

const running = (): Turn | undefined => conversation.turns.find((t) => t.end === null);

const attached = (): string[] => composer.attached.filter((c) => c.denied === null).map((c) => c.label);

function send(question: string): void {
  const before = conversation.turns.at(-1);
  const { model } = composer;
  const said = before && sameQuestion(before.question, question) ? askingAgain(before, model) : null;
  const turn = ask(conversation, newId(), { question, model, attached: attached() }, limits);
  request(turn, model, said !== null, said);
  draw();
  follow.now();
}

/** `said`: what asking again says of the answer that goes. */
function retry(turn: Turn, model: string, said: Again = askingAgain(turn, model)): void {
  if (running()) return;
  again(turn, newId(), { model, attached: attached() });
  request(turn, model, true, said); // who asks again wants a model, not the same text
  views.get(turn)?.restart();
  draw();
  composer.focus();
}

/** `fresh`: not from memory. */
function request(turn: Turn, model: string, fresh: boolean, said: Again): void {
  host.send({
    type: "send",
    id: turn.id,
    session: conversation.session,
    model,
    messages: messages(conversation),
    fresh,
    task: readQuestion(turn.question).task,
    again: said,
  });
}

/** A command's question; where none can be sent now it waits in the composer. */
function askFor(question: string): void {
  if (link.able && !running()) send(question);
  else composer.text = question;
}

function stop(): void {
  const turn = running();
  if (turn) host.send({ type: "stop", id: turn.id });
}

function newChat(): void {
  stop();
  conversation = empty(newId());
  views.clear();
  turns.replaceChildren();
  host.send({ type: "detach-all" });
  draw();
  composer.focus();
}

/** Brings the page to what is known: notices, one section a turn, the composer. */
function draw(): void {
  bound(conversation, limits);
  const parts = linkNotices(link, deps.act);
  notices.replaceChildren(...parts);
  notices.hidden = parts.length === 0;
  for (const [turn, view] of views)
    if (!conversation.turns.includes(turn)) {
      view.element.remove();
      views.delete(turn);
    }
  turns.querySelector(".welcome")?.remove();
  turns.querySelector(".dropped")?.remove();
  if (conversation.turns.length === 0) turns.append(welcome(models, link, (question) => send(question)));
  if (conversation.dropped > 0)
    turns.prepend(h("p", { class: "dropped dim" }, "Older messages were removed and are no longer sent."));
  for (const turn of conversation.turns) {
    let view = views.get(turn);
    if (!view) {
      view = new TurnView(turn, deps);
      views.set(turn, view);
      turns.append(view.element);
    }
    view.update(turn === conversation.turns.at(-1));
  }
  composer.show(running() !== undefined, link.able);
  follow.answering(running() !== undefined);
  follow.grown();
  keep();
}

/** Tokens come faster than a screen can show them: one drawing a frame, and rarer when drawing gets dear. */
let drawing = false;
let pauseMs = 30;
function drawSoon(): void {
  if (drawing) return;
  drawing = true;
  setTimeout(() => {
    requestAnimationFrame(() => {
      drawing = false;
      const before = performance.now();
      draw();
      pauseMs = Math.min(400, Math.max(30, 3 * (performance.now() - before)));
    });
  }, pauseMs);
}

let spoken = "";
function say(text: string): void {
  if (text.trim() === "") return;
  spoken = `${spoken} ${text}`.slice(-2000);
  setTimeout(() => {
    if (spoken === "") return;
    voice.textContent = spoken;
    spoken = "";
  }, 500);
}

/** Survives hiding: the editor drops a hidden page and shows it anew. */
let keeping = false;
function keep(): void {
  if (keeping) return;
  keeping = true;
  setTimeout(keepNow, 250);
}
function keepNow(): void {
  keeping = false;
  host.save({ conversation, draft: composer.text });
}
window.addEventListener("pagehide", keepNow);

host.listen((message) => {
  switch (message.type) {
    case "link":
      link = message.link;
      models = message.models;
      composer.showModels(models);
      draw();
      return;
    case "chips":
      composer.showChips(message.chips);
      return;
    case "editor":
      composer.showHint(message.hint);
      return;
    case "resume":
      for (const turn of resume(conversation, message.answers)) views.get(turn)?.restart();
      draw();
      return;
    case "event": {
      const turn = conversation.turns.find((t) => t.id === message.id);
      if (turn) applyEvent(turn, message.event);
      drawSoon();
      return;
    }
    case "end": {
      const turn = conversation.turns.find((t) => t.id === message.id);
      if (turn) turn.end = message.end;
      draw();
      return;
    }
    case "pick":
      composer.pick(message.model, models);
      return;
    case "new":
      newChat();
      return;
    case "ask":
      askFor(message.question);
      return;
    case "focus":
      composer.focus();
      return;
  }
});

// Escape stops wherever the focus is on this page.
window.addEventListener("keydown", (e) => {
  if (e.key === "Escape" && !e.isComposing && running()) stop();
});

app.append(
  h("h1", { class: "visually-hidden" }, "Switchyard Chat"),
  list,
  h("div", { class: "to-end-place" }, toEnd),
  notices,
  composer.element,
  voice,
);
if (typeof saved.draft === "string") composer.text = saved.draft;
draw();
host.send({ type: "ready" });
