"""Reads the table's stream: sends a message about each item to the queues that are told of it.

It only sorts and sends: which queue is told of what is in the `route.py` of the queue's consumer. A
record that cannot be read goes to the stream's dead-letter queue. After a message that cannot be
sent, the stream delivers its record and the later ones again.
"""

from motorpool.messages.dispatch import dispatch

handler = dispatch
