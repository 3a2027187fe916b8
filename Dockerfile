# Atlas as `serve` or `replicate` against real servers. The embedded engines are left out (--omit=optional).
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /atlas
COPY package.json package-lock.json ./
RUN npm ci --omit=optional --include=dev --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production ATLAS_HOST=0.0.0.0
WORKDIR /atlas
COPY --from=build /atlas/node_modules ./node_modules
COPY --from=build /atlas/dist ./dist
COPY package.json LICENSE ./
COPY bin ./bin
COPY schema ./schema
COPY migrations ./migrations
COPY assets ./assets
USER node
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4000/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/atlas.cjs"]
CMD ["serve"]
