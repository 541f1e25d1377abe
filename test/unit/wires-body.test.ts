import assert from "node:assert/strict";
import fc from "fast-check";
import { editBody, withoutField } from "../../server/logic/wires/body-edit.ts";

const edit = (body: string, includeUsage = false) => editBody(body, { model: "up/stream", includeUsage });

describe("editing a body that is forwarded", () => {
  it("changes the model's name and no other byte", () => {
    const body = String.raw`{ "a":1.0,"model" : "x\"y" , "b":[1e3,{"model":"inner"}],"c":"\u00e9 \\" }`;
    assert.equal(edit(body), body.replace(String.raw`"x\"y"`, '"up/stream"'));
  });

  it("finds the model behind strings that end in backslashes and hold braces", () => {
    const body = String.raw`{"a":"\\\\","b":"}{\"","c":{"d":"]["},"model":"m"}`;
    assert.equal(edit(body), body.replace('"m"}', '"up/stream"}'));
  });

  it("finds a key that is written with escapes", () => {
    assert.equal(edit(String.raw`{"mod\u0065l":"m","n":1}`), String.raw`{"mod\u0065l":"up/stream","n":1}`);
  });

  it("changes every one of a doubled key, so that no parser sees the client's name", () => {
    assert.equal(edit('{"model":"a","model":"b"}'), '{"model":"up/stream","model":"up/stream"}');
  });

  it("adds the model where there is none", () => {
    assert.equal(edit('{"messages":[]}'), '{"model":"up/stream","messages":[]}');
  });

  it("asks for the usage of a stream, keeping other options", () => {
    assert.deepEqual(JSON.parse(edit('{"model":"m","stream":true}', true)), {
      model: "up/stream",
      stream: true,
      stream_options: { include_usage: true },
    });
    const options = '{"model":"m","stream_options":{"x":1,"include_usage":false}}';
    assert.deepEqual(JSON.parse(edit(options, true)).stream_options, { x: 1, include_usage: true });
    assert.deepEqual(JSON.parse(edit('{"model":"m","stream_options":null}', true)).stream_options, {
      include_usage: true,
    });
  });

  it("leaves stream options alone that ask already", () => {
    const body = '{"model":"m","stream_options":{ "include_usage" : true }}';
    assert.equal(edit(body, true), body.replace('"m"', '"up/stream"'));
  });

  it("takes a field out with one comma, wherever it stands", () => {
    for (const [text, rest] of [
      ['{"usage":1,"a":2}', '{"a":2}'],
      ['{"a":"," , "usage" : {"b":[1,2]} }', '{"a":","  }'],
      ['{"usage":null}', "{}"],
      ['{"a":{"usage":1},"b":2}', '{"a":{"usage":1},"b":2}'],
    ] as const)
      assert.equal(withoutField(text, "usage"), rest);
  });

  it("gives for any JSON object what parsing, setting and printing would", () => {
    const object = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue(), { noNullPrototype: true });
    fc.assert(
      fc.property(object, fc.string({ unit: "binary" }), fc.constantFrom(0, 1, 2), (rest, model, space) => {
        const value = { ...rest, model };
        const edited = editBody(JSON.stringify(value, null, space), { model: "z", includeUsage: false });
        assert.equal(edited, JSON.stringify({ ...value, model: "z" }, null, space));
      }),
    );
  });
});
