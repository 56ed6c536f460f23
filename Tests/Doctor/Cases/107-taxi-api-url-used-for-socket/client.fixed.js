const socket = io('http://mysite.example');
