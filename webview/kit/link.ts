import type { Link, WayOut } from "../../server/protocol/webview.ts";
import { h } from "./dom.ts";
import { type IconName, icon } from "./icons.ts";

const wayOutTitles: Record<WayOut, string> = {
  "open-config": "Open Configuration",
  "pull-model": "Pull a Model…",
  "install-engine": "Install the Engine",
  "set-api-key": "Set API Key…",
  "show-log": "Show Log",
  "restart-daemon": "Restart Daemon",
  "open-chat": "Open Chat",
};

export function wayOutButton(action: WayOut, act: (action: WayOut) => void, first = false): HTMLButtonElement {
  const name = first ? "primary" : "secondary";
  return h("button", { type: "button", class: name, onclick: () => act(action) }, wayOutTitles[action]);
}

/** A box that says what is wrong and holds the ways out. */
export function notice(
  kind: "error" | "warning" | "info",
  title: string,
  text: string,
  ...buttons: readonly HTMLElement[]
): HTMLElement {
  const iconName: IconName = kind === "info" ? "info" : "error";
  return h(
    "div",
    { class: `notice ${kind}`, role: kind === "error" ? "alert" : "status" },
    icon(iconName),
    h(
      "div",
      { class: "notice-text" },
      title ? h("strong", {}, title) : null,
      text ? h("p", {}, text) : null,
      buttons.length > 0 ? h("div", { class: "buttons" }, ...buttons) : null,
    ),
  );
}

/** What stands in the way, as boxes; none when nothing does. One text for all three pages. */
export function linkNotices(link: Link, act: (action: WayOut) => void): HTMLElement[] {
  const problems = link.problems.map((p) => {
    const ways = p.action ? [wayOutButton(p.action, act, true)] : [];
    if (p.code === "no-model" && p.action !== "open-config") ways.push(wayOutButton("open-config", act));
    // No model yet is where everyone starts, and no one's mistake.
    const kind = p.code === "config" ? "error" : p.code === "no-model" ? "info" : "warning";
    return notice(kind, problemTitles[p.code], p.message, ...ways);
  });
  const has = (code: Link["problems"][number]["code"]): boolean => link.problems.some((p) => p.code === code);
  switch (link.kind) {
    case "ready":
      return problems;
    case "starting":
      return [
        h("div", { class: "starting", role: "status" }, h("span", { class: "pulse" }), link.message || "Starting…"),
      ];
    case "no-model":
      if (has("no-model")) return problems;
      return [
        notice(
          "info",
          problemTitles["no-model"],
          link.message,
          wayOutButton("pull-model", act, true),
          wayOutButton("open-config", act),
        ),
        ...problems,
      ];
    case "config-fault":
      if (has("config")) return problems;
      return [notice("error", problemTitles.config, link.message, wayOutButton("open-config", act, true)), ...problems];
    case "stopped":
      return [
        notice(
          "error",
          "The daemon is not running",
          link.message,
          wayOutButton("restart-daemon", act, true),
          wayOutButton("show-log", act),
        ),
      ];
  }
}

const problemTitles: Record<Link["problems"][number]["code"], string> = {
  "no-model": "No model to ask yet",
  config: "The configuration has a fault",
  "engine-missing": "The embedded engine is not installed",
  ledger: "The ledger can't be written",
  provider: "A provider can't be reached",
};
