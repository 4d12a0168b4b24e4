// node --import jumping-clock.ts: a clock that is hours off, and jumps to another hour every now and then.

const hour = 3_600_000;
const now = Date.now.bind(Date);
let offset = 0;

function jump(): void {
  offset = Math.round((Math.random() - 0.5) * 48) * hour;
}

jump();
setInterval(jump, 20).unref();
globalThis.Date = new Proxy(Date, {
  construct: (target, parameters, newTarget) =>
    Reflect.construct(target, parameters.length === 0 ? [target.now()] : parameters, newTarget) as Date,
});
Date.now = () => now() + offset;
