export {
  type DiscoveredFlavor,
  type Discovery,
  defineDiscoveredTypes,
  discoverIntegrations,
  type Integration,
} from './discover-integrations.ts';
