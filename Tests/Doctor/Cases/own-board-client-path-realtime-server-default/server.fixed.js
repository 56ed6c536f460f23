const app = require('express')();
const server = require('http').createServer(app);
const io = require('socket.io')(server, { path: '/realtime' });
io.on('connection', (s) => s.on('draw', (d) => s.broadcast.emit('draw', d)));
server.listen(19001, '127.0.0.1');
