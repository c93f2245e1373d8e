// ElectroDB as the oracle of differential tests. It reads one JSON question per line, and writes one
// JSON answer per line. A question is {schema | members, calls, options, config, terminal}, in the
// form of tests/golden, but contains its schemas. With an endpoint it can also execute calls.
"use strict";

const path = require("node:path");
const readline = require("node:readline");
const modules = path.join(__dirname, "..", "node", "node_modules");
const { Entity, Service, createConversions } = require(path.join(modules, "electrodb"));

const endpoint = process.env.ORACLE_ENDPOINT;
const client = endpoint ? documentClient(endpoint) : undefined;

function documentClient(url) {
  const { DynamoDBClient } = require(path.join(modules, "@aws-sdk/client-dynamodb"));
  const { DynamoDBDocumentClient } = require(path.join(modules, "@aws-sdk/lib-dynamodb"));
  return DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint: url,
      region: process.env.ORACLE_REGION,
      credentials: {
        accessKeyId: process.env.ORACLE_ACCESS_KEY,
        secretAccessKey: process.env.ORACLE_SECRET_KEY,
      },
    }),
  );
}

const functions = {
  const: ({ value }) => () => decode(value),
  upper: () => (text) => (text === undefined ? text : text.toUpperCase()),
  suffix: ({ value }) => (text) => (text === undefined ? text : `${text}${value}`),
  times: ({ value }) => (number) => (number === undefined ? number : number * value),
  join: ({ attrs, sep }) => (_, item) =>
    attrs.map((name) => (item[name] === undefined ? "" : item[name])).join(sep),
  attrEq: ({ attr, value }) => (item) => item[attr] === value,
  minLen: ({ value }) => (text) => text === undefined || text.length >= value,
  throwIf: ({ value, message }) => (given) => {
    if (given === value) throw new Error(message);
    return true;
  },
};

function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (value === null || typeof value !== "object") return value;
  if ("$undefined" in value) return undefined;
  if ("$num" in value) return Number(value.$num);
  if ("$set" in value) return new Set(value.$set.map(decode));
  if ("$regex" in value) return new RegExp(value.$regex);
  if ("$fn" in value) return functions[value.$fn](value);
  if ("$filter" in value) return filterCallback(value.$filter);
  if ("$where" in value) return whereCallback(value.$where);
  if ("$data" in value)
    return (attributes, operations) => {
      for (const op of value.$data) operate(attributes, operations, op);
    };
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, decode(child)]));
}

function filterCallback({ tpl, ops }) {
  return (attributes) => {
    const texts = ops.map(([operation, name, values]) => attributes[name][operation](...values));
    return tpl.replace(/\{(\d+)\}/g, (_, number) => texts[Number(number)]);
  };
}

function whereCallback({ tpl, ops }) {
  return (attributes, operations) => {
    const texts = ops.map((op) => operate(attributes, operations, op));
    return tpl.replace(/\{(\d+)\}/g, (_, number) => texts[Number(number)]);
  };
}

function operate(attributes, operations, [operation, target, rest = []]) {
  const raw = target !== null && typeof target === "object" && "$raw" in target;
  const reference = raw ? decode(target.$raw) : resolve(attributes, target);
  return operations[operation](reference, ...rest.map((v) => operand(attributes, operations, v)));
}

function resolve(attributes, target) {
  let steps = Array.isArray(target) ? target : target.match(/[^.[\]]+/g);
  if (typeof target === "string" && attributes[target] !== undefined) steps = [target];
  return steps.reduce((current, step) => current[step], attributes);
}

function operand(attributes, operations, value) {
  if (value !== null && typeof value === "object" && "$op" in value)
    return operate(attributes, operations, value.$op);
  return decode(value);
}

function encode(value) {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "number" && !Number.isFinite(value)) return { $num: String(value) };
  if (Array.isArray(value)) return value.map(encode);
  if (value instanceof Set) return { $set: [...value].map(encode) };
  if (value === null || typeof value !== "object") return value;
  if (value.wrapperName === "Set") return { $set: value.values.map(encode) };
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => typeof child !== "function")
      .map(([name, child]) => [name, encode(child)]),
  );
}

function makeEntity(schema, config = {}) {
  return new Entity(decode(schema), { table: "app-table", client, ...config });
}

const services = new Map();

function makeService(question) {
  const key = JSON.stringify(question.members);
  if (!services.has(key)) {
    const members = Object.entries(question.members).map(([alias, s]) => [alias, makeEntity(s)]);
    const built = new Service(Object.fromEntries(members), { table: "app-table", client });
    services.set(key, built);
  }
  return services.get(key);
}

function apply(root, calls) {
  return calls.reduce((current, [method, ...args]) => {
    const steps = method.split(".");
    const last = steps.pop();
    const owner = steps.reduce((object, step) => object[step], current);
    if (steps[steps.length - 1] === "entities") return owner[last];
    if (last === "scan" || steps[0] === "scan") return owner[last];
    if (owner[last] === undefined) throw new Error(`no method ${last}`);
    return owner[last](...args.map(decode));
  }, root);
}

function transact(service, question) {
  return service.transaction[question.txn]((entities) =>
    question.items.map(({ entity, calls, options }) =>
      apply(entities[entity], calls).commit(options),
    ),
  );
}

async function answer(question) {
  if (question.define) {
    if (question.define.service) makeService({ members: question.define.service });
    else makeEntity(question.define.schema);
    return { ok: true };
  }
  if (question.conversion) {
    const conversions = createConversions(makeEntity(question.schema));
    const convert = question.conversion.split(".").reduce((object, step) => object[step], conversions);
    return { value: convert(...question.args.map(decode)) };
  }
  const root = question.members ? makeService(question) : makeEntity(question.schema, question.config);
  const call = question.txn ? transact(root, question) : apply(root, question.calls);
  if (question.parse) return { value: root.parse(decode(question.parse)) };
  if (question.terminal === "go") return { result: await call.go(question.options) };
  return { params: call.params(question.options) };
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let found;
    try {
      found = await answer(JSON.parse(line));
    } catch (error) {
      found = { error: { code: error.isElectroError ? error.code : null, message: error.message } };
    }
    process.stdout.write(`${JSON.stringify(encode(found))}\n`);
  }
}

main();
