import { inject } from 'vitest';

// Rather no test than one of what was built before.
if (!inject('packagesAreBuilt')) throw new Error('A package does not build; what turbo says of it is above');
