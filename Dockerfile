# Runs `migrate`, `serve` and `replicate` against real servers. Does not contain the embedded engines.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /atlas
COPY package.json package-lock.json ./
# Includes optional packages: the bundler's program is one of them.
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
COPY scripts ./scripts
RUN npm run build

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production ATLAS_HOST=0.0.0.0
WORKDIR /atlas
COPY package.json package-lock.json LICENSE ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force
COPY --from=build /atlas/dist ./dist
COPY bin ./bin
COPY schema ./schema
COPY migrations ./migrations
COPY assets ./assets
USER node
ENV ATLAS_PORT=4000
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.ATLAS_PORT || 4000) + '/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Most objects of a request die with it: with room for them, they are not copied meanwhile.
ENTRYPOINT ["node", "--max-semi-space-size=32", "bin/atlas.cjs"]
CMD ["serve"]
