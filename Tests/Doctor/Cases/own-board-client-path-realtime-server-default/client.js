const socket = io('http://board.example', { path: '/realtime' });
