import { pipeline, step } from '@stack/pipelines';
import * as z from 'zod';

const greet = step({ name: 'greet' }, ({ name }: { readonly name: string }) => `Hello ${name}!\n`);

const shout = step({ name: 'shout' }, ({ text }: { readonly text: string }) => text.toUpperCase());

/** Two steps, so that one reads from the artifact store what the other wrote. */
export const greeting = pipeline(
  { name: 'greeting', parameters: z.object({ name: z.string().default('world').describe('Who is greeted') }) },
  ({ name }) => shout({ text: greet({ name }) }),
);
