import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

const wss = new WebSocketServer({ server, path: '/graphql' });
useServer({ schema, connectionInitWaitTimeout: 3000, onConnect: (ctx) => verify(ctx.connectionParams?.token) }, wss);
