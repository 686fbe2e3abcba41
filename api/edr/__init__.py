"""OGC API Environmental Data Retrieval 1.1 (19-086r6) 环境数据检索: observations by place and time.

The collections are the layers of the catalogue that Things belong to (``properties.layer``). A layer is what
a department answers for and grants, so who may read it may ask here, and nobody else learns that it is there;
its stations are the items of the same collection, told with all their attributes; and a client finds both by
one address. By families of observed properties instead, one collection would mix the layers of several
departments and their secrets, and a station would be scattered over as many collections as it has
instruments. What is measured becomes a parameter. A Thing that names no layer is the operator's, and is not
here.
"""
