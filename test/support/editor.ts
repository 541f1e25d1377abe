import type { Frame, Locator, Page } from "playwright-core";

/** What a person does in the editor: keys and clicks, never the command behind them. */

/** Opens the box at the top and types. A page that takes the focus just then closes it; a person presses the key again. */
async function quickInput(page: Page, key: string, text: string): Promise<void> {
  const input = page.locator(".quick-input-widget:visible input[type=text]");
  for (let left = 3; ; left--) {
    await page.keyboard.press(key);
    try {
      await input.waitFor({ timeout: 5_000 });
      await input.fill(text, { timeout: 5_000 });
      return;
    } catch (e) {
      if (left === 1) throw e;
      await page.keyboard.press("Escape");
    }
  }
}

/** Runs a command by its name in the palette. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await quickInput(page, "F1", `>${title}`);
  await page.locator(`.quick-input-list .monaco-list-row[aria-label^="${title}"]`).first().click();
}

/** Answers a question at the top of the window. */
export async function answerQuestion(page: Page, text: string): Promise<void> {
  const input = page.locator(".quick-input-widget:visible input");
  await input.waitFor();
  await input.fill(text);
  await page.keyboard.press("Enter");
}

export async function openFile(page: Page, name: string): Promise<void> {
  await quickInput(page, "ControlOrMeta+P", name);
  await page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
  await editor(page).waitFor();
}

export function editor(page: Page): Locator {
  return page.locator(".editor-instance .monaco-editor").first();
}

/** Clicks into the text and goes to its end. */
export async function goToEnd(page: Page): Promise<void> {
  await editor(page).locator(".view-lines").click();
  await page.keyboard.press("ControlOrMeta+End");
}

/** The text of the open editor as it is drawn; spaces that are drawn as another sign come as spaces. */
export async function editorText(page: Page): Promise<string> {
  const lines = await editor(page).locator(".view-line").all();
  const drawn = await Promise.all(
    lines.map(async (line) => ({ top: (await line.boundingBox())?.y ?? 0, text: (await line.textContent()) ?? "" })),
  );
  return drawn
    .sort((a, b) => a.top - b.top)
    .map((line) => line.text.replaceAll("\u00a0", " ").replaceAll("\u00b7", " "))
    .join("\n");
}

export function ghostText(page: Page): Locator {
  return page.locator(".monaco-editor [class*=ghost-text]");
}

export function statusItem(page: Page, text: string | RegExp): Locator {
  return page.locator(".statusbar-item", { hasText: text });
}

export function notification(page: Page, text: string | RegExp): Locator {
  return page.locator(".notification-toast, .notification-list-item", { hasText: text });
}

/** The page inside a webview that `has` an element; webviews lie two frames deep, in no fixed order. */
export async function webview(page: Page, selector: string, ms = 20_000): Promise<Frame> {
  const until = performance.now() + ms;
  for (;;) {
    for (const frame of page.frames().slice(1)) {
      if (await has(frame, selector)) return frame;
    }
    if (performance.now() > until) throw new Error(`no webview shows ${selector}`);
    await page.waitForTimeout(100);
  }
}

async function has(frame: Frame, selector: string): Promise<boolean> {
  try {
    return (await frame.locator(selector).count()) > 0;
  } catch {
    return false; // the frame went away
  }
}

/** Opens Switchyard's view from the activity bar, unless it is open, and finds the chat in it. */
export async function openChat(page: Page): Promise<Frame> {
  const tab = page.locator('.activitybar .action-item:has(.action-label[aria-label^="Switchyard"])');
  await tab.waitFor();
  if ((await tab.getAttribute("aria-expanded")) !== "true" && !(await tab.getAttribute("class"))?.includes("checked"))
    await tab.click();
  return webview(page, ".composer textarea");
}

/** Types a question and sends it with Enter. */
export async function ask(chat: Frame, question: string): Promise<void> {
  const input = chat.getByRole("textbox", { name: "Question", exact: true });
  await input.click();
  await input.pressSequentially(question);
  await chat.locator('button[aria-label="Send (Enter)"]:enabled').waitFor();
  await input.press("Enter");
}

/** The newest turn of the chat. */
export function lastTurn(chat: Frame): Locator {
  return chat.locator(".turn").last();
}

/** Asks in a chat of its own, since what was said before is part of a question, and gives the line under the answer. */
export async function askAnew(page: Page, chat: Frame, question: string): Promise<string> {
  await runCommand(page, "Switchyard: New Chat");
  await chat.locator(".welcome").waitFor();
  await ask(chat, question);
  return lineUnder(chat);
}

/** The line under the newest answer, once that is whole. */
export async function lineUnder(chat: Frame): Promise<string> {
  const summary = lastTurn(chat).locator(".footer summary");
  await summary.waitFor();
  return textOf(summary);
}

export async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? "";
}

/** Waits until the chat shows who answers from now on: a choice goes through the settings. */
export async function untilChosen(chat: Frame, id: string): Promise<void> {
  const picker = chat.getByRole("combobox", { name: "Model" });
  for (let left = 150; (await picker.inputValue()) !== id; left--) {
    if (left === 0) throw new Error(`the chat never showed ${id} as its model`);
    await chat.waitForTimeout(100);
  }
}

/** Chooses who answers from now on. A page that has just come up may still be told the choice in the settings: not before. */
export async function chooseModel(chat: Frame, id: string): Promise<void> {
  const picker = chat.getByRole("combobox", { name: "Model" });
  await picker.locator(`option[value="${id}"]`).waitFor({ state: "attached" });
  for (let steady = 0; steady < 5; ) {
    if ((await picker.inputValue()) === id) steady++;
    else {
      await picker.selectOption(id);
      steady = 0;
    }
    await chat.waitForTimeout(100);
  }
}
