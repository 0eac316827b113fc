import { expect } from "vitest";
import { EMBEDDED_RESOLVER } from "../../helpers/expectations/resolver.ts";
