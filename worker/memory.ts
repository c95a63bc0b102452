import { setFlagsFromString } from 'node:v8';

// Imported first by main.ts. Loading the SDKs makes garbage that V8 otherwise keeps room for: an idle worker needs 300 MB
// without this line and 233 MB with it. The work is waiting for servers, so collecting more often costs nothing seen.
setFlagsFromString('--optimize-for-size');
