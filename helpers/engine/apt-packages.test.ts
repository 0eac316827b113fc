import { expect, test } from "vitest";
import { parsePackageFile } from "./apt-packages.ts";

test.each([
  ["busybox-static_1%3a1.35.0-4+deb12u1+b1_amd64.deb", "busybox-static", "1:1.35.0-4+deb12u1+b1"],
  ["libssl3_3.0.22-1~deb12u2_amd64.deb", "libssl3", "3.0.22-1~deb12u2"],
  ["nginx-common_1.22.1-9+deb12u11_all.deb", "nginx-common", "1.22.1-9+deb12u11"],
])("%s is %s %s", (file, name, version) => {
  expect(parsePackageFile(`/tmp/archives/${file}`)).toEqual({ path: `/tmp/archives/${file}`, name, version });
});
