import assert from "node:assert/strict";
import { normal, type Piece, parse, settle, tags, words } from "../../webview/kit/markdown.ts";

const known = new Set<string>(tags);
/** Every box of a tree, for checks that must hold of all. */
function* boxes(pieces: readonly Piece[]): Generator<Exclude<Piece, string>> {
  for (const piece of pieces) {
    if (typeof piece === "string") continue;
    yield piece;
    if (!("code" in piece)) yield* boxes(piece.children);
  }
}
const text = (pieces: readonly Piece[]): string => pieces.map(words).join("\n");

const sample = `# A title

Some *text* with \`code\`, a [link](https://example.com/a?b=1) and **bold
over lines**.

1. first
2. second

   \`\`\`ts
   const a = 1;
   \`\`\`
3. third
   - nested

| a | b |
|---|--:|
| 1 | 2 |

> quoted
> twice

Title
=====

\`\`\`python
def f():

    return "<b>" # not a tag
\`\`\`

- [x] done
- [ ] open

last &lt;words&gt; &amp; more
`;

describe("markdown of an answer", () => {
  it("keeps HTML as text", () => {
    const hostile = [
      "<script>alert(1)</script>",
      "<img src=x onerror=alert(1)>",
      "hello <b onclick='x()'>you</b>",
      "<iframe src='https://example.com'></iframe>",
      "<!-- <script>x</script> -->",
    ].join("\n\n");
    const tree = parse(hostile);
    for (const b of boxes(tree)) assert.ok("tag" in b && known.has(b.tag), JSON.stringify(b));
    assert.match(text(tree), /<script>alert\(1\)<\/script>/);
    assert.match(text(tree), /<img src=x onerror=alert\(1\)>/);
    for (const b of boxes(tree))
      if ("tag" in b)
        assert.deepEqual(
          Object.keys(b.attributes ?? {}).filter((k) => k !== "class"),
          [],
        );
  });

  it("links to http and https alone", () => {
    const urls = (source: string): string[] => [...boxes(parse(source))].flatMap((b) => ("url" in b ? [b.url] : []));
    assert.deepEqual(urls("[a](https://example.com/x) <http://example.com/y> https://example.com/z"), [
      "https://example.com/x",
      "http://example.com/y",
      "https://example.com/z",
    ]);
    for (const href of [
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      "java&#115;cript:alert(1)",
      "data:text/html,x",
      "vscode://a/b",
      "command:workbench.action.quit",
      "file:///etc/passwd",
      "//example.com",
    ])
      assert.deepEqual(urls(`[a](${href}) [b][r]\n\n[r]: ${href}`), [], href);
  });

  it("shows a picture as a link, so that nothing is fetched", () => {
    const [p] = parse("![a cat](https://example.com/cat.png)");
    assert.deepEqual(p, {
      tag: "p",
      children: [{ url: "https://example.com/cat.png", title: null, children: ["image: a cat"] }],
    });
  });

  it("keeps the text of an address that can't be followed", () => {
    assert.equal(text(parse("[see](./a.ts)")), "see (./a.ts)");
  });

  it("reads character references, and those of nothing as text", () => {
    assert.equal(text(parse("a &lt;b&gt; &amp; &#65; &#x42; &bogus; &amp;lt;")), "a <b> & A B &bogus; &lt;");
  });

  it("keeps the language and the exact text of code", () => {
    assert.deepEqual(parse('```ts title="x"\na &lt; b\n\n  c\n```'), [{ code: "a &lt; b\n\n  c", language: "ts" }]);
  });

  it("is the same when it comes in pieces, wherever it is cut", () => {
    const whole = parse(sample);
    for (const step of [1, 3, 7, 50]) {
      const done: Piece[] = [];
      let rest = "";
      let open: readonly Piece[] = [];
      for (let i = 0; i < sample.length; i += step) {
        const next = settle(rest + sample.slice(i, i + step));
        done.push(...next.done);
        rest = next.rest;
        open = next.open;
      }
      assert.deepEqual([...done, ...open], whole, `in steps of ${step}`);
    }
  });

  it("reads only the last block again", () => {
    const long = "A paragraph.\n\n".repeat(500);
    const { rest, done } = settle(`${long}and more`);
    assert.equal(rest, "A paragraph.\n\nand more");
    assert.equal(done.length, 499);
  });

  it("reads line ends of every system", () => {
    assert.deepEqual(parse(normal("a\r\n\r\nb\rc")), parse("a\n\nb\nc"));
  });
});
