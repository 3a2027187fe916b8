// Node 20 lacks this function, which PostGraphile calls: it asks for Node 22. Both sides of a comparison run on the same Node.
Promise.withResolvers ??= () => {
  const resolvers = {};
  resolvers.promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return resolvers;
};
