/**
 * A veth pair between two namespaces, first with one end up, then with both.
 */
import "./veth-across/one-end-up.ts";
import "./veth-across/both-ends-up.ts";
