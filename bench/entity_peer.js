// ElectroDB on the item of bench/entity.py: CPU µs of put and parse, as JSON.
// Reads {schema, item, stored, operations, rounds} from standard input.
"use strict";

const path = require("node:path");
const modules = path.join(__dirname, "..", "tests", "node", "node_modules");
const { marshall, unmarshall } = require(path.join(modules, "@aws-sdk/util-dynamodb"));
const { Entity } = require(path.join(modules, "electrodb"));

function median(samples) {
  return samples.sort((a, b) => a - b)[Math.floor(samples.length / 2)];
}

function cost(operation, operations, rounds) {
  const samples = [];
  for (let round = 0; round <= rounds; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < operations; i++) operation();
    const { user, system } = process.cpuUsage(before);
    if (round > 0) samples.push((user + system) / operations);
  }
  return median(samples);
}

let text = "";
process.stdin.on("data", (chunk) => (text += chunk));
process.stdin.on("end", () => {
  const { schema, item, stored, operations, rounds } = JSON.parse(text);
  const entity = new Entity(schema, { table: "bench" });
  stored.tags = new Set(stored.tags);
  const wire = marshall(entity.put(item).params().Item, { convertClassInstanceToMap: true });
  wire.tags = { SS: [...stored.tags] };
  const calls = {
    put: () => entity.put(item).params(),
    put_wire: () => marshall(entity.put(item).params().Item, { convertClassInstanceToMap: true }),
    parse: () => entity.parse({ Item: stored }),
    parse_wire: () => entity.parse({ Item: unmarshall(wire) }),
  };
  const costs = Object.entries(calls).map(([name, call]) => [name, cost(call, operations, rounds)]);
  process.stdout.write(JSON.stringify(Object.fromEntries(costs)));
});
