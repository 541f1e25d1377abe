import * as z from "zod";

// Imported before every schema: compiling one makes zod ask for `navigator`, which the extension host reports as a fault.
z.config({ jitless: true });
