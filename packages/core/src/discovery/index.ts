export { type DiscoveredFlavor, type Discovery, discoverIntegrations, type Integration } from './discover-integrations.ts';
