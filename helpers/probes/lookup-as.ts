import { parseNslookup } from "./parse/parse-nslookup.ts";
import { lookup, type Question } from "./reach.ts";

/**
 * A lookup that counts as answered only by this one address: the name must have it, and no other of its family. A
 * provider that answers every unknown name with an address of its own is so told from the engine's answer.
 * @param address IPv4; AAAA records don't count
 * @param server asked in the place of the container's own resolver
 */
export function lookupAs(from: Parameters<typeof lookup>[0], name: string, address: string, server = ""): Question {
  const question = lookup(from, name, server);
  return {
    text: `${question.text} as ${address}`,
    async ask(seconds) {
      const reached = await question.ask(seconds);
      if (reached.outcome !== "replied") return reached;
      const found = new Set(parseNslookup(reached.answer).answers.map((answer) => answer.address).filter((candidate) => candidate.includes(".")));
      if (found.size === 1 && found.has(address)) return reached;
      const others = found.size === 0 ? "no IPv4 address" : [...found].join(", ");
      return { ...reached, outcome: "name not found", detail: `${name} is ${others}, not ${address}` };
    },
  };
}

/** A reverse lookup that counts as answered only by this one name. */
export function reverseLookupAs(from: Parameters<typeof lookup>[0], address: string, name: string): Question {
  const question = lookup(from, address);
  return {
    text: `${question.text} as ${name}`,
    async ask(seconds) {
      const reached = await question.ask(seconds);
      if (reached.outcome !== "replied") return reached;
      const found = parseNslookup(reached.answer).pointers.map((pointer) => pointer.target.replace(/\.$/, ""));
      if (found.length > 0 && found.every((target) => target === name)) return reached;
      return { ...reached, outcome: "name not found", detail: `${address} is called ${found.join(", ") || "nothing"}, not ${name}` };
    },
  };
}
