// Calls ElectroDB on the item of bench/entity.py, in a process that runs during a whole benchmark.
// The first line of standard input is {schema, item, stored}; every other line is {call, operations}.
// The answer is the CPU microseconds of those operations, all threads included.
"use strict";

const path = require("node:path");
const readline = require("node:readline");
const modules = path.join(__dirname, "..", "tests", "node", "node_modules");
const { marshall, unmarshall } = require(path.join(modules, "@aws-sdk/util-dynamodb"));
const { Entity } = require(path.join(modules, "electrodb"));

function callsOf({ schema, item, stored }) {
  const entity = new Entity(schema, { table: "bench" });
  const toWire = (values) => marshall(values, { convertClassInstanceToMap: true });
  const plain = { ...stored, tags: new Set(stored.tags) };
  const wire = toWire(plain);
  return {
    put: () => entity.put(item).params(),
    put_wire: () => toWire(entity.put(item).params().Item),
    parse: () => entity.parse({ Item: plain }),
    parse_wire: () => entity.parse({ Item: unmarshall(wire) }),
  };
}

function cpuMicroseconds(call, operations) {
  const before = process.cpuUsage();
  for (let i = 0; i < operations; i++) call();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

let calls;
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  if (!calls) {
    calls = callsOf(message);
    return;
  }
  const cost = cpuMicroseconds(calls[message.call], message.operations);
  process.stdout.write(`${JSON.stringify(cost)}\n`);
});
