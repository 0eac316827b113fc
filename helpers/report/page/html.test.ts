import { expect, test } from "vitest";
import { anchorOf, html, outward, prose } from "./html.ts";

test("a text shows itself, in content and in an attribute", () => {
  const evil = `</script><img src=x onerror="a()"> 'b' & \u001b[31mred \u202eevil`;
  const { text } = html`<p title="${evil}">${evil}</p>`;
  const escaped = "&lt;/script&gt;&lt;img src=x onerror=&quot;a()&quot;&gt; &#39;b&#39; &amp; red evil";
  expect(text).toBe(`<p title="${escaped}">${escaped}</p>`);
});

test("pieces stand as they are, lists one after the other, null is nothing", () => {
  expect(html`<ul>${["a<", "b"].map((one) => html`<li>${one}</li>`)}${null}${3}</ul>`.text).toBe(
    "<ul><li>a&lt;</li><li>b</li>3</ul>",
  );
});

test("what stands between backticks is code, unless one of them is open", () => {
  expect(prose("type `ip <a>` here").text).toBe("type <code>ip &lt;a&gt;</code> here");
  expect(prose("an open ` here").text).toBe("an open ` here");
});

test("a page leads only to https", () => {
  expect(outward("https://docs.docker.com/network/#x", "a").text).toContain(
    'href="https://docs.docker.com/network/#x"',
  );
  for (const address of ["javascript:alert(1)", "file:///etc/passwd", 'https://a"onclick="b', " https://a"])
    expect(outward(address, "a").text).toBe("a");
});

test("different ids stand at different places, written as fragments are", () => {
  const ids = ["PORT-24", "PORT_24", "PORT 24", 'a"b', "ä", "DNS-17b"];
  const anchors = ids.map(anchorOf);
  expect(new Set(anchors).size).toBe(ids.length);
  for (const anchor of anchors) expect(anchor).toMatch(/^r-[\w-]+$/);
});
